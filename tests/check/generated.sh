#!/bin/sh
# The generated parts of man/ and completions/ are what the option tables say.
set -eu
. "$(dirname "$0")/files.sh"
exec tests/check/regenerate.sh --check
