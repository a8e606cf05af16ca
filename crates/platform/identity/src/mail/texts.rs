//! The words of every mail. Names come from people, so they are cut to one line here, make no link, and are escaped in HTML.

use kernel::Role;

/// A mail's words: paragraphs, and one link among them.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) subject: String,
    before: Vec<String>,
    link: Option<Link>,
    after: Vec<String>,
}

#[derive(Debug)]
struct Link {
    label: &'static str,
    address: String,
}

/// An invitation into an organisation.
pub(crate) fn invitation(organisation: &str, inviter: &str, role: Role, link: &str) -> Words {
    let (organisation, inviter) = (line(organisation), line(inviter));
    Words {
        subject: format!("{inviter} invites you to {organisation}"),
        before: vec![
            format!("{inviter} invites you to join {organisation} on Holdfast as {}.", named(role)),
            "Holdfast is where its people talk and look after their clients. You need only a browser."
                .to_owned(),
            "Open this link to accept. It works once, for seven days.".to_owned(),
        ],
        link: Some(Link { label: "Accept the invitation", address: link.to_owned() }),
        after: vec![
            "If you did not expect this, you can ignore it: nothing happens unless you accept.".to_owned(),
        ],
    }
}

/// A link that sets a new password.
pub(crate) fn reset(link: &str) -> Words {
    Words {
        subject: "Set a new password".to_owned(),
        before: vec![
            "Somebody, probably you, asked for a new password on Holdfast.".to_owned(),
            "Open this link to choose one. It works once, for one hour, and ends all your sessions."
                .to_owned(),
        ],
        link: Some(Link { label: "Choose a new password", address: link.to_owned() }),
        after: vec!["If it was not you, you can ignore this: your password stays as it is.".to_owned()],
    }
}

/// News of a changed password.
pub(crate) fn password_changed(name: &str, home: &str) -> Words {
    Words {
        subject: "Your password was changed".to_owned(),
        before: vec![
            format!("Hello {},", line(name)),
            "Your password on Holdfast was changed just now, and your other sessions have ended.".to_owned(),
            "If it was not you, ask for a new password on the sign-in page at once:".to_owned(),
        ],
        link: Some(Link { label: "Holdfast", address: home.to_owned() }),
        after: Vec::new(),
    }
}

fn named(role: Role) -> &'static str {
    match role {
        Role::Viewer => "a viewer",
        Role::Editor => "an editor",
        Role::Admin => "an administrator",
        Role::Owner => "an owner",
    }
}

/// One line, whatever came: nothing in a name begins a header or a paragraph of its own. Nor does a name make a link: mail
/// programs make one of whatever looks like an address, and that would be anybody's words under this installation's name. So
/// a space follows every dot and colon. Refusing such names would refuse those of honest firms.
fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut joins = false;
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if joins && c != ' ' {
            out.push(' ');
        }
        out.push(c);
        joins = JOINS.contains(&c);
    }
    out
}

/// What joins the parts of an address: the colon after a scheme and the dots between the labels of a host, in all their forms.
const JOINS: [char; 7] = [':', '\u{FF1A}', '.', '\u{2024}', '\u{3002}', '\u{FF0E}', '\u{FF61}'];

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

impl Words {
    /// As plain text.
    pub(crate) fn text(&self) -> String {
        let link = self.link.iter().map(|link| &link.address);
        let parts: Vec<&str> =
            self.before.iter().chain(link).chain(&self.after).map(String::as_str).collect();
        parts.join("\n\n") + "\n"
    }

    /// As HTML: paragraphs and a link, nothing that is fetched.
    pub(crate) fn html(&self) -> String {
        let paragraph = |text: &String| format!("<p>{}</p>", escaped(text));
        let link = self.link.as_ref().map(|link| {
            let address = escaped(&link.address);
            format!(
                "<p><a href=\"{address}\">{}</a></p><p style=\"color:#666\">{address}</p>",
                escaped(link.label)
            )
        });
        let body: String =
            self.before.iter().map(paragraph).chain(link).chain(self.after.iter().map(paragraph)).collect();
        format!(
            "<!doctype html><html><body style=\"font-family:sans-serif;line-height:1.5\">{body}</body></html>"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ ID-4, ID-7: whatever else looks like an address to a mail program.
    #[test]
    fn names_make_no_links() {
        for name in [
            "https://evil.example/pay",
            "Your mailbox is full, renew at evil.example/login now",
            "www.evil.example",
            "http://2130706433/",
            "evil\u{3002}example",
            "mailto:eve@evil.example",
            "EVIL.EXAMPLE.",
        ] {
            let link = "https://h.example/invite#abc";
            let words =
                [invitation(name, "Ada", Role::Viewer, link), invitation("Ada", name, Role::Viewer, link)];
            for words in words.iter().chain([&password_changed(name, link)]) {
                for part in [&words.subject, &words.text(), &words.html()] {
                    let rest = part.replace(link, "").to_lowercase();
                    let rest =
                        rest.replace("font-family:sans-serif;line-height:1.5", "").replace("color:#666", "");
                    let joined = rest.match_indices(JOINS).any(|(at, joint)| {
                        rest[at + joint.len()..]
                            .chars()
                            .next()
                            .is_some_and(|c| c.is_alphanumeric() || c == '/')
                    });
                    assert!(!joined, "{part}");
                }
            }
        }
    }

    // REQ ID-4, ID-7
    #[test]
    fn hostile_names_stay_text() {
        let words = invitation(
            "<img src=x>",
            "Eve\r\nBcc: all@example.org",
            Role::Editor,
            "https://h.example/invite#abc_-9",
        );
        assert!(!words.subject.contains(['\r', '\n']));
        assert!(words.html().contains("&lt;img src=x&gt;") && !words.html().contains("<img"));
        assert!(words.text().contains("\n\nhttps://h.example/invite#abc_-9\n\n"));
        assert!(words.html().contains("href=\"https://h.example/invite#abc_-9\""));
        let text = password_changed("\"><script>", "https://h.example/");
        assert!(!text.html().contains("<script>"));
    }
}
