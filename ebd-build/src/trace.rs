//! Lines of a saved environment as lines of the ebuild and its eclasses.
//!
//! Phases run functions as bash printed them, so that a call chain names lines of the environment. The file is found by the
//! function's name, the line by its text.

use std::fs;
use std::path::{Path, PathBuf};

use ebd_protocol::StackFrame;
use ebd_syntax::Script;

/// Puts the places where the functions were written in the place of those in the environment. What cannot be found stays.
/// `saved` is the content of the environment.
#[expect(clippy::disallowed_methods, reason = "the ebuild and its eclasses")]
pub(crate) fn locate(
    frames: &mut [StackFrame],
    environment: &Path,
    saved: impl FnOnce() -> Vec<u8>,
    sources: &[PathBuf],
) {
    if !frames
        .iter()
        .any(|frame| Path::new(&frame.file) == environment)
    {
        return;
    }
    let saved = saved();
    let lines: Vec<&[u8]> = saved.split(|byte| *byte == b'\n').collect();
    for source in sources {
        let Ok(text) = fs::read(source) else { continue };
        let Ok(script) = ebd_syntax::scan(&text) else {
            continue;
        };
        for frame in frames.iter_mut() {
            if Path::new(&frame.file) != environment {
                continue;
            }
            let line = usize::try_from(frame.line)
                .ok()
                .and_then(|line| lines.get(line.checked_sub(1)?));
            if let Some(found) =
                line_in(&script, &frame.function, line.copied().unwrap_or_default())
            {
                frame.file = source.to_string_lossy().into_owned();
                frame.line = found;
            }
        }
    }
}

/// The line of a script where a function does what bash prints as this line; that of its definition where the text is not found or
/// found twice.
fn line_in(script: &Script<'_>, function: &str, printed: &[u8]) -> Option<u32> {
    let definition = script
        .functions()
        .rfind(|definition| definition.name() == function.as_bytes())?;
    let first = script.lines().line(definition.span().start());
    let printed = folded(printed);
    let mut same = Vec::new();
    let mut beginning = Vec::new();
    for (index, line) in script
        .bytes(definition.span())
        .split(|byte| *byte == b'\n')
        .enumerate()
    {
        let line = folded(line);
        let number = u32::try_from(first.saturating_add(index)).unwrap_or(u32::MAX);
        if line == printed {
            same.push(number);
        } else if line.len() > 3 && printed.starts_with(&line) {
            beginning.push(number);
        }
    }
    match (same.as_slice(), beginning.as_slice()) {
        ([only], _) | ([], [only]) => Some(*only),
        _ => u32::try_from(first).ok(),
    }
}

/// A line without what bash changes when it prints it: white space, `;` and `\` at the end.
fn folded(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .join(" ")
        .trim_end_matches([';', '\\', ' '])
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_their_text() {
        let folder = tempfile::tempdir().unwrap();
        let ebuild = folder.path().join("a-1.ebuild");
        let text = "EAPI=8\n# comment\nsrc_compile() {\n\t# another\n\temake   all || die \"no\"\n\tlong one \\\n\t\ttwo\n\ttwice\n\ttwice\n}\n";
        fs::write(&ebuild, text).unwrap();
        let environment = folder.path().join("environment");
        let printed = "src_compile () \n{ \n    emake all || die \"no\";\n    long one two;\n    twice;\n    twice\n}\n";
        let frame = |line: u32, function: &str| StackFrame {
            function: function.to_owned(),
            arguments: String::new(),
            file: environment.display().to_string(),
            line,
        };
        let mut frames = [
            frame(3, "src_compile"),
            frame(4, "src_compile"),
            frame(5, "src_compile"),
            frame(99, "src_compile"),
            frame(3, "other"),
        ];
        locate(
            &mut frames,
            &environment,
            || printed.into(),
            std::slice::from_ref(&ebuild),
        );
        let lines: Vec<u32> = frames.iter().map(|frame| frame.line).collect();
        assert_eq!(lines, [5, 6, 3, 3, 3]);
        assert_eq!(Path::new(&frames[0].file), ebuild);
        assert_eq!(Path::new(&frames[4].file), environment);
    }
}
