#!/usr/bin/env bash
# Environments of the clients that cannot share inward's: bench/.venv-inspect, bench/.venv-lm-eval.
set -euo pipefail
cd "$(dirname "$0")"
python="${PYTHON:-python3}"

"$python" -m venv .venv-inspect
.venv-inspect/bin/python -m pip install --quiet inspect_ai openai

"$python" -m venv .venv-lm-eval
.venv-lm-eval/bin/python -m pip install --quiet 'lm_eval[api]'
