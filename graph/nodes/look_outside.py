"""Look in the sources outside the company, with nothing personal in the question."""

from graph.state import State, Turn, Update, asked_of, language_of, who
from tools.external.stripping import bare_question


async def look_outside(state: State, runtime: Turn) -> Update:
    """Search for the question without what belongs to the employee or to the company."""
    context, employee = runtime.context, who(state, runtime)
    private = [context.company.name, context.profile_name, *context.company.link_hosts]
    if employee:
        private += [employee.name, employee.id, employee.email.replace("@", " ")]
    bare = bare_question(asked_of(state), private)
    return {"outside": await context.external.search(bare, language_of(state)) if bare else ()}
