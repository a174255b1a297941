"""Says what Portage finds among installed packages: reads {"root": DIR, "atoms": [...]} as JSON from standard input, writes a list of lists."""

import json
import sys

from portage.dbapi.vartree import vartree
from portage.package.ebuild.config import config

question = json.load(sys.stdin)
settings = config(config_root=question["root"], target_root=question["root"], eprefix="", env={})
installed = vartree(settings=settings).dbapi
json.dump([[str(cpv) for cpv in installed.match(atom)] for atom in question["atoms"]], sys.stdout)
