//! `${text:offset:length}`.

use super::Got;
use crate::code::Subject;
use crate::error::{Run, bash_error, unsupported};
use crate::shell::Shell;
use crate::text::Text;
use crate::vars::Value;

impl<T: Text> Shell<'_, T> {
    pub(super) fn substring(
        &mut self,
        subject: &Subject,
        got: Got<T>,
        offset: i64,
        length: Option<i64>,
    ) -> Run<Got<T>> {
        let bounds = |total: usize| -> Run<Option<(usize, usize)>> {
            let total = i64::try_from(total).unwrap_or(i64::MAX);
            let start = if offset < 0 { total + offset } else { offset };
            if start < 0 || start > total {
                return Ok(None);
            }
            let end = match length {
                None => total,
                Some(length) if length < 0 => {
                    let end = total.saturating_add(length);
                    if end < start {
                        return Err(bash_error("substring expression < 0"));
                    }
                    end
                }
                Some(length) => start.saturating_add(length).min(total),
            };
            Ok(Some((
                usize::try_from(start).unwrap_or(0),
                usize::try_from(end).unwrap_or(0),
            )))
        };
        Ok(match got {
            Got::Unset => Got::One(T::default()),
            Got::One(mut text) => Got::One(match bounds(text.len())? {
                None => T::default(),
                Some((start, end)) => {
                    text.truncate(end);
                    text.drop_front(start);
                    text
                }
            }),
            Got::Many(items, joined) => {
                if length.is_some_and(|length| length < 0) {
                    return Err(bash_error("substring expression < 0"));
                }
                let items = match subject {
                    Subject::Special(_) => {
                        // `$0` is the first of them.
                        let total = i64::try_from(items.len()).unwrap_or(i64::MAX) + 1;
                        let start = if offset < 0 { total + offset } else { offset };
                        if start == 0 {
                            return Err(unsupported("$0"));
                        }
                        if start < 0 {
                            Vec::new()
                        } else {
                            slice(items, start - 1, length)
                        }
                    }
                    Subject::All(name) | Subject::Joined(name) => {
                        let name = self.resolve(name)?;
                        match self.vars.get(&name).map(|variable| &variable.value) {
                            // The first element has the number 1, and 0 is as good.
                            Some(Value::Assoc(_)) if offset >= 0 && length != Some(0) => {
                                slice(items, offset.saturating_sub(1).max(0), length)
                            }
                            Some(Value::Assoc(_)) => {
                                return Err(unsupported(
                                    "a part of an associative array that is empty or counted from its end",
                                ));
                            }
                            Some(Value::Indexed(array)) => {
                                let start = if offset < 0 {
                                    array.next_index() + offset
                                } else {
                                    offset
                                };
                                let before = array.iter().take_while(|(at, _)| *at < start).count();
                                if start < 0 {
                                    Vec::new()
                                } else {
                                    slice(items, i64::try_from(before).unwrap_or(i64::MAX), length)
                                }
                            }
                            _ if offset < 0 => {
                                return Err(unsupported("a negative offset in no array"));
                            }
                            _ => slice(items, offset, length),
                        }
                    }
                    _ => return Err(unsupported("a part of several values")),
                };
                Got::Many(items, joined)
            }
        })
    }
}

fn slice<T>(items: Vec<T>, start: i64, length: Option<i64>) -> Vec<T> {
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let length = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(0));
    items.into_iter().skip(start).take(length).collect()
}
