//! Finds `@handle`, `@channel`, `@here` and `@everyone` in a message.

/// Handles looked up at most: more is noise, not talk.
const MOST: usize = 50;

/// Who is meant.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) handles: Vec<String>,
    pub(super) all: bool,
}

/// Reads a body. What stands in code (between backticks) addresses nobody.
pub(super) fn parse(body: &str) -> Wanted {
    let mut wanted = Wanted::default();
    if !body.contains('@') {
        return wanted;
    }
    let mut before = ' ';
    let mut code = false;
    for (at, c) in body.char_indices() {
        if c == '`' {
            code = !code;
        }
        if c == '@' && !code && !before.is_alphanumeric() && !matches!(before, '.' | '_' | '-' | '@' | '/') {
            let rest = &body[at + 1..];
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
                .unwrap_or(rest.len());
            let name = rest[..end].trim_end_matches(['.', '_', '-']).to_lowercase();
            match name.as_str() {
                "" => {}
                "channel" | "here" | "everyone" => wanted.all = true,
                _ if wanted.handles.len() < MOST && !wanted.handles.contains(&name) => {
                    wanted.handles.push(name)
                }
                _ => {}
            }
        }
        before = c;
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handles(body: &str) -> Vec<String> {
        parse(body).handles
    }

    // REQ COMMS-2
    #[test]
    fn finds_people_and_nothing_else() {
        assert_eq!(handles("@ada, have you seen @Bob_B.?"), ["ada", "bob_b"]);
        assert_eq!(handles("(@ada) *@bob* @ada"), ["ada", "bob"]);
        assert!(handles("mail ada@example.org, see example.org/@ada, `@ada`, @ ada, @@ada").is_empty());
        assert!(parse("@channel: lunch").all);
        assert!(!parse("`@here`").all);
        assert_eq!(handles(&"@x1 @x2 ".repeat(1000)), ["x1", "x2"]);
    }
}
