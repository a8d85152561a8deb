"""Who may do what: permissions, the roles that hold them, and how a view says which one it needs."""

from bangfu.web.access.permissions import Permission
from bangfu.web.access.roles import ROLES, Role
from bangfu.web.access.views import Access, access_of, public, require, signed_in

__all__ = ["ROLES", "Access", "Permission", "Role", "access_of", "public", "require", "signed_in"]
