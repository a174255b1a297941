"""Says what Portage makes of configurations: reads questions as a JSON list from standard input, writes a list of answers.

Question: {"config_root": DIR, "root": DIR, "environment": {...}, "packages": [{"cpv": ..., "repository": ..., "EAPI": ..., ...}]}
Answer: {"globals": FILE, "settings": {...}, "packages": [{"use": [...], "iuse": [...], "settings": {...}, ...}]}
"""

import json
import os
import sys

import portage
from portage.package.ebuild.config import config
from portage.versions import _pkg_str, cpv_getkey

KEYS = ("EAPI", "IUSE", "KEYWORDS", "LICENSE", "PROPERTIES", "RESTRICT", "SLOT")
OTHER = ("BDEPEND", "DEFINED_PHASES", "DEPEND", "IDEPEND", "INHERITED", "PDEPEND", "RDEPEND", "REQUIRED_USE")


class Flags:
    def __init__(self, text):
        self.all = frozenset(word.lstrip("+-") for word in text.split())


class Package:
    """As much of emerge's Package as config.setcpv() asks for."""

    built = False

    def __init__(self, settings, question):
        metadata = {key: question.get(key, "") for key in KEYS + OTHER}
        metadata["repository"] = question["repository"]
        self._metadata = self._raw_metadata = metadata
        self._settings = settings
        self.cpv = _pkg_str(question["cpv"], metadata=metadata, settings=settings)
        self.cp = cpv_getkey(self.cpv)
        self.slot = self.cpv.slot
        self.sub_slot = self.cpv.sub_slot
        self.repo = question["repository"]
        self.version = self.cpv.version
        self.cpv_split = self.cpv.cpv_split
        self.iuse = Flags(metadata["IUSE"])

    @property
    def stable(self):
        return self._settings._isStable(self)


def settings_of(settings):
    result = {}
    for name, value in settings.iteritems():
        if isinstance(value, str):
            result[name] = value
    return result


def answer_to(question):
    settings = config(
        config_root=question["config_root"],
        target_root=question.get("root"),
        eprefix="",
        env=dict(question["environment"]),
    )
    # Only then are variables of the environment gone that the profile reserves for itself.
    settings.reset()
    answer = {"settings": settings_of(settings), "packages": []}
    path = os.path.join(settings.global_config_path, "make.globals")
    if portage._not_installed:
        path = os.path.join(portage.const.PORTAGE_BASE_PATH, "cnf", "make.globals")
    answer["globals"] = path
    answer["profiles"] = list(settings.profiles)
    for one in question["packages"]:
        package = Package(settings, one)
        settings.setcpv(package)
        mask = settings._getMaskAtom(package.cpv, package._metadata)
        answer["packages"].append(
            {
                "use": sorted(settings["PORTAGE_USE"].split()),
                "iuse": sorted(settings.get("IUSE_EFFECTIVE", "").split()),
                "stable": bool(package.stable),
                "forced": sorted(settings.useforce),
                "masked": sorted(settings.usemask),
                "bashrcs": list(settings._pbashrc),
                "mask": None if mask is None else str(mask),
                "settings": settings_of(settings),
            }
        )
        settings.reset()
    return answer


# Portage writes what it finds wrong to standard error; the answers alone belong on standard output.
json.dump([answer_to(question) for question in json.load(sys.stdin)], sys.stdout)
