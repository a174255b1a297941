//! `metadata/timestamp.chk`.

use std::time::SystemTime;

/// The file for a moment: `Sat, 05 Apr 2025 12:30:00 +0000`, always in English and UTC, and a newline. Times that the format
/// cannot hold (before 1970, after 9999) become the nearest one that it can.
pub fn timestamp(time: SystemTime) -> String {
    const LAST: u64 = 253_402_300_799;
    let seconds = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs().min(LAST));
    let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    let text = httpdate::fmt_http_date(time);
    format!("{} +0000\n", text.trim_end_matches(" GMT"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written_as_portage_writes_them() {
        let at = |seconds| timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        // TZ=UTC date -d @N "+%a, %d %b %Y %H:%M:%S +0000"
        assert_eq!(at(0), "Thu, 01 Jan 1970 00:00:00 +0000\n");
        assert_eq!(at(1_743_856_200), "Sat, 05 Apr 2025 12:30:00 +0000\n");
        assert_eq!(at(951_868_799), "Tue, 29 Feb 2000 23:59:59 +0000\n");
        assert_eq!(at(u64::MAX >> 2), "Fri, 31 Dec 9999 23:59:59 +0000\n");
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(timestamp(before), at(0));
    }
}
