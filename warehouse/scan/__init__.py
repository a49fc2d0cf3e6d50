"""Which tracked names an article holds, where, how, and how sure we are. Pure functions."""

from warehouse.scan.engine import scan
from warehouse.scan.findings import ALERTING_ROLES, Findings, How, Mention, Rejection, Role
from warehouse.scan.lexicon import Lexicon

__all__ = ["ALERTING_ROLES", "Findings", "How", "Lexicon", "Mention", "Rejection", "Role", "scan"]
