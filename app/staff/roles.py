"""What people at the desk may be; which page wants which role stands in `app.console.policy`."""

from typing import Literal, get_args

Role = Literal["agent", "knowledge", "engineer", "admin", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)
