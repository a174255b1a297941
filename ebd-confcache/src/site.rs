//! The site file that gives a configure script its cache.

use std::path::Path;

use ebd_syntax::quote::word_of_str;

/// What a script sources: it undoes what had the script source it, sources what it would have sourced otherwise, and says
/// where the cache is, unless a site file has its own.
pub(super) fn text(original: Option<&str>, cache: &Path) -> Option<String> {
    let cache = word_of_str(cache.to_str()?);
    let (before, files) = match original.filter(|value| !value.is_empty()) {
        Some(value) => {
            let words: Vec<_> = value.split_ascii_whitespace().map(word_of_str).collect();
            let value = word_of_str(value);
            (format!("CONFIG_SITE={value}\n"), words.join(" "))
        }
        None => (
            "unset CONFIG_SITE\n\
            ebd_prefix=$prefix\n\
            test \"x$ebd_prefix\" != xNONE || ebd_prefix=$ac_default_prefix\n"
                .to_owned(),
            "\"$ebd_prefix/share/config.site\" \"$ebd_prefix/etc/config.site\"".to_owned(),
        ),
    };
    Some(format!(
        "# Written by ebd: the results of an earlier run.\n\
        {before}for ebd_file in {files}\n\
        do\n\
        case $ebd_file in */*) ;; *) ebd_file=./$ebd_file ;; esac\n\
        if test -f \"$ebd_file\" && test -r \"$ebd_file\"; then\n\
        . \"$ebd_file\" || return 1\n\
        fi\n\
        done\n\
        test /dev/null != \"$cache_file\" || cache_file={cache}\n"
    ))
}

/// The site files that are sourced besides, as far as the caller knows the prefix.
pub(super) fn files(original: Option<&str>, prefix: &str) -> Vec<String> {
    match original.filter(|value| !value.is_empty()) {
        Some(value) => value.split_ascii_whitespace().map(str::to_owned).collect(),
        None => ["share", "etc"]
            .iter()
            .map(|folder| format!("{prefix}/{folder}/config.site"))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    /// What is left in a shell with this CONFIG_SITE that sources the file.
    fn sourced(original: Option<&str>, folder: &Path) -> String {
        let file = folder.join("site");
        fs::write(&file, text(original, &folder.join("the cache")).unwrap()).unwrap();
        let script = "prefix=$2 cache_file=/dev/null; set -- a 'b c'; . \"$FILE\" || exit 9
            echo \"$# $2|$cache_file|${CONFIG_SITE-unset}|$said\"";
        let output = Command::new("sh")
            .args(["-c", script, "sh", "x"])
            .arg(folder)
            .env("FILE", &file)
            .env("CONFIG_SITE", &file)
            .output()
            .unwrap();
        assert_eq!(output.stderr, b"");
        let said = String::from_utf8(output.stdout).unwrap();
        said.replace(folder.to_str().unwrap(), "@")
    }

    #[test]
    fn other_site_files_are_sourced_and_nothing_else_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        assert_eq!(sourced(None, path), "2 b c|@/the cache|unset|\n");
        fs::create_dir(path.join("share")).unwrap();
        fs::write(path.join("share/config.site"), "said=default").unwrap();
        assert_eq!(sourced(None, path), "2 b c|@/the cache|unset|default\n");
        let own = path.join("own");
        fs::write(&own, "said=own cache_file=/x").unwrap();
        let own = own.to_str().unwrap();
        assert_eq!(sourced(Some(own), path), "2 b c|/x|@/own|own\n");
        assert_eq!(
            sourced(Some("/nowhere $(id)"), path),
            "2 b c|@/the cache|/nowhere $(id)|\n"
        );
    }
}
