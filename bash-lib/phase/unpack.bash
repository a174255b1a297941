# unpack.
# shellcheck shell=bash

# @FUNCTION: unpack
# @USAGE: <file>…
# @DESCRIPTION:
# Unpacks archives and compressed files into the current folder: files of DISTDIR, files named by a path that begins
# with `./`, and from EAPI 6 on any path. Formats that the EAPI does not have are skipped. What was unpacked is made
# readable for all and writable for the owner alone. Dies in every EAPI.
unpack() {
	local archive path base format
	(( $# )) || die "unpack: missing argument"
	for archive; do
		if [[ ${archive} != */* ]]; then
			path=${DISTDIR}/${archive}
		elif [[ ${archive} == ./* ]] || __ebd_feature unpack_paths; then
			path=${archive}
		elif [[ ${archive} == /* ]]; then
			die "unpack: an absolute path is not allowed in EAPI ${__ebd_eapi}: ${archive}"
		else
			die "unpack: a path must begin with ./ in EAPI ${__ebd_eapi}: ${archive}"
		fi
		[[ -f ${path} ]] || die "unpack: ${archive} does not exist or is no regular file"
		[[ -s ${path} ]] || die "unpack: ${archive} is empty"
		base=${archive##*/}
		__ebd_archive_format "${base}"
		if [[ ! ${format} ]]; then
			builtin printf '=== Skipping unpack of %s\n' "${archive}" >&2
			continue
		fi
		builtin printf '>>> Unpacking %s to %s\n' "${archive}" "${PWD}" >&2
		__ebd_unpack_one "${format}" "${path}" "${base%.*}" || die "unpack: failure unpacking ${archive}"
	done
	# The current folder keeps its own mode.
	find . -mindepth 1 -maxdepth 1 ! -type l -exec chmod -fR a+rX,u+w,go-w -- {} +
}

# @FUNCTION: __ebd_archive_format
# @USAGE: <file name>
# @DESCRIPTION:
# Sets `format` of the caller to the suffix of a format that the EAPI unpacks, or to nothing. Up to EAPI 5 a suffix counts
# in exactly the spellings that PMS lists.
__ebd_archive_format() {
	local name=$1 suffix
	format=
	[[ ${name} =~ \.(([Tt][Aa][Rr]\.)?[^.]+)$ ]] || return 0
	suffix=${BASH_REMATCH[1]}
	if __ebd_feature unpack_any_case; then
		suffix=${suffix,,}
		[[ ${suffix} == *z ]] && [[ ${name} == *.Z || ${name} == *.[Tt][Aa][Rr].Z ]] && suffix=${suffix%z}Z
	fi
	case ${suffix} in
		tar | gz | z | Z | tar.gz | tgz | tar.z | tar.Z | bz2 | bz | tar.bz2 | tbz2 | tar.bz | tbz | zip | ZIP | jar) ;;
		a | deb | lzma | tar.lzma) ;;
		7z | 7Z) __ebd_feature unpack_7z || return 0 ;;
		rar | RAR) __ebd_feature unpack_rar || return 0 ;;
		LHA | LHa | lha | lzh) __ebd_feature unpack_lha || return 0 ;;
		xz | tar.xz) __ebd_feature unpack_xz || return 0 ;;
		txz) __ebd_feature unpack_txz || return 0 ;;
		*) return 0 ;;
	esac
	format=${suffix,,}
}

# @FUNCTION: __ebd_unpack_one
# @USAGE: <format> <file> <name without suffix>
# @RETURN: status of the program
# @DESCRIPTION:
# Unpacks one file into the current folder.
__ebd_unpack_one() {
	local format=$1 path=$2 target=$3 output
	[[ ${path} == -* ]] && path=./${path}
	case ${format} in
		tar) tar -xof "${path}" ;;
		tar.gz | tgz | tar.z) tar -I 'gzip -dc' -xof "${path}" ;;
		tar.bz2 | tbz2 | tar.bz | tbz) tar -I "${PORTAGE_BUNZIP2_COMMAND:-${PORTAGE_BZIP2_COMMAND:-bzip2}} -dc" -xof "${path}" ;;
		tar.xz | txz) tar -I 'xz -T0 -dc' -xof "${path}" ;;
		tar.lzma) tar -I 'xz -F lzma -dc' -xof "${path}" ;;
		gz | z) gzip -dc -- "${path}" >"${target}" ;;
		bz2 | bz) ${PORTAGE_BUNZIP2_COMMAND:-${PORTAGE_BZIP2_COMMAND:-bzip2}} -dc -- "${path}" >"${target}" ;;
		xz) xz -T0 -dc -- "${path}" >"${target}" ;;
		lzma) xz -F lzma -dc -- "${path}" >"${target}" ;;
		# At the end of input unzip does not ask questions.
		zip | jar) unzip -qo "${path}" </dev/null ;;
		7z)
			output=$(7z x -y "${path}") || {
				builtin printf '%s\n' "${output}" >&2
				return 1
			}
			;;
		rar) unrar x -idq -o+ "${path}" ;;
		lha | lzh) lha xfq "${path}" ;;
		a | deb) ar x "${path}" ;;
	esac
}
