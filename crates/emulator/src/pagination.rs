//! Lists by pages: how many entries, and the opaque token of the next page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// A page of entries and the token of the next one.
pub(crate) struct ListPage<T> {
    pub(crate) entries: Vec<T>,
    pub(crate) next: Option<String>,
}

/// The token does not belong to this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadToken;

/// Cuts the page that `token` asks for out of a whole list; `list` names the list, so that a token of another one is refused.
pub(crate) fn cut<T>(
    list: &str,
    entries: Vec<T>,
    size: usize,
    token: Option<&str>,
) -> Result<ListPage<T>, BadToken> {
    let start = match token {
        None | Some("") => 0,
        Some(token) => read(list, token).ok_or(BadToken)?,
    };
    let total = entries.len();
    if start > total {
        return Err(BadToken);
    }
    let entries: Vec<T> = entries.into_iter().skip(start).take(size.max(1)).collect();
    let end = start + entries.len();
    Ok(ListPage {
        entries,
        next: (end < total).then(|| write(list, end)),
    })
}

/// Returns a token that stands for a place in a list.
pub(crate) fn write(list: &str, place: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("{list}\n{place}"))
}

/// Returns the place that a token stands for; none if it is not a token of this list.
pub(crate) fn read(list: &str, token: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (named, place) = text.split_once('\n')?;
    if named != list {
        return None;
    }
    place.parse().ok()
}

/// Returns a token that stands for an entry of a list, by a mark such as its id.
pub(crate) fn write_mark(list: &str, mark: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{list}\n{mark}"))
}

/// Returns the mark that a token stands for; `None` if it is not a token of this list.
pub(crate) fn read_mark(list: &str, token: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (named, mark) = text.rsplit_once('\n')?;
    (named == list).then(|| mark.to_owned())
}

/// Returns a whole number that may also come as text (query strings); none if it is something else.
pub(crate) fn number(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_the_list_once() {
        let mut seen = Vec::new();
        let mut token = None;
        loop {
            let page = cut("list", (0..5).collect(), 2, token.as_deref()).unwrap();
            seen.extend(page.entries);
            let Some(next) = page.next else { break };
            token = Some(next);
        }
        assert_eq!(seen, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn foreign_tokens_are_refused() {
        assert!(cut("list", vec![1], 2, Some("nonsense")).is_err());
        assert!(cut("list", vec![1], 2, Some(&write("other", 0))).is_err());
        assert!(cut("list", vec![1], 2, Some(&write("list", 9))).is_err());
    }
}
