"""Helm's own library and a YAML reader, for the tests beside it.

usage: chart.py render CHART VALUES.json RELEASE   the objects as one JSON list; 3 when Helm refuses
       chart.py lint CHART VALUES.json             what `helm lint --strict` says, as JSON
       chart.py objects FILE.yaml                  a stream of YAML documents as one JSON list
"""

import json
import sys

import helm_python
import yaml


def documents(text):
    return [value for value in yaml.safe_load_all(text) if value is not None]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def render(chart, values, release):
    values = json.loads(read(values))
    with helm_python.Chart.load(chart) as loaded:
        # `helm install` does this before it renders; the library leaves it to its caller.
        loaded.validate_schema(values)
        texts = loaded.render(values, name=release, namespace="rosterd")
    manifests = [text for name, text in sorted(texts.items()) if name.endswith(".yaml")]
    return [value for text in manifests for value in documents(text)]


def lint(chart, values):
    return helm_python.lint(chart, json.loads(read(values)), strict=True)


def objects(path):
    return documents(read(path))


try:
    result = {"render": render, "lint": lint, "objects": objects}[sys.argv[1]](*sys.argv[2:])
except helm_python.HelmError as error:
    print(error, file=sys.stderr)
    sys.exit(3)
json.dump(result, sys.stdout)
