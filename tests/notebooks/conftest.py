"""What holds for the tests of the notebook."""

import sys

# jsonschema, which nbformat imports, compiles its grammars for a second, to check IRIs.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
