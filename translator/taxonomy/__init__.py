"""Group properties in a project's taxonomy at Amplitude. Comes in: a plan, a destination. Goes out: what the project
has beside it, and requests that make it so.

Never here: a request that deletes, a property that the plan does not name, a key in any text.
"""

from translator.taxonomy.comparing import Comparison, compare
from translator.taxonomy.definitions import Definition, Present

__all__ = ["Comparison", "Definition", "Present", "compare"]
