//! One error type with two faces: a stable code and a message for people outside, a cause for the log inside.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// The result of anything in Holdfast that can be refused or fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $message:literal;)*) => {
        /// Every error code there is: the registry. Codes are stable; messages may be reworded.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];
            /// The code as it stands in the answer.
            pub fn as_str(self) -> &'static str { match self { $(Code::$variant => $code,)* } }
            /// The HTTP status that goes with it.
            pub fn status(self) -> u16 { match self { $(Code::$variant => $status,)* } }
            /// What the person is told when nothing more precise is known.
            pub fn message(self) -> &'static str { match self { $(Code::$variant => $message,)* } }
        }
    };
}

codes! {
    /// The request is not well-formed (JSON, headers, encoding).
    BadRequest = "bad_request", 400, "The request could not be understood.";
    /// No session, or one that has ended.
    Unauthenticated = "unauthenticated", 401, "Please sign in.";
    /// Wrong e-mail or password; never says which.
    InvalidCredentials = "invalid_credentials", 401, "The e-mail address or the password is not right.";
    /// Known resource, not permitted.
    Forbidden = "forbidden", 403, "You may not do this.";
    /// A request that came from another site, or without the CSRF token.
    CrossSite = "cross_site", 403, "This request did not come from Holdfast itself.";
    /// Not there, or not known to the caller: the same answer.
    NotFound = "not_found", 404, "There is nothing here, or nothing that you may see.";
    /// Sets or removes the session cookie, which a socket cannot carry.
    HttpOnly = "http_only", 400, "This is offered over HTTP only.";
    /// Method not known at this address.
    MethodNotAllowed = "method_not_allowed", 405, "This address does not take that method.";
    /// The state does not allow it (taken name, replay with another body, archived channel).
    Conflict = "conflict", 409, "That does not fit the present state.";
    /// A one-use link that is used up, withdrawn or too old.
    LinkExpired = "link_expired", 410, "This link has been used or has expired.";
    /// Body too large.
    TooLarge = "too_large", 413, "That is too large.";
    /// The content type is not application/json.
    UnsupportedType = "unsupported_type", 415, "Send application/json.";
    /// Misdirected Host header.
    UnknownHost = "unknown_host", 421, "This server does not answer for that host.";
    /// Input failed its schema.
    InvalidInput = "invalid_input", 422, "Correct what is marked and send it again.";
    /// A password that does not meet the rule.
    WeakPassword = "weak_password", 422, "Choose a stronger password.";
    /// The account is locked for a while.
    LockedOut = "locked_out", 423, "Too many failed attempts.";
    /// Over a rate limit.
    RateLimited = "rate_limited", 429, "Too many requests; please wait a little.";
    /// Headers too large.
    HeadersTooLarge = "headers_too_large", 431, "The request's headers are too large.";
    /// A bug or a broken part.
    Internal = "internal", 500, "Something went wrong on our side.";
    /// Temporarily unable: stopping, or a part is down.
    Unavailable = "unavailable", 503, "Holdfast cannot do this right now; please try again.";
    /// Took too long.
    Timeout = "timeout", 504, "This took too long and was stopped.";
}

/// One field that is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Field {
    /// Where, as a dotted path.
    pub field: String,
    /// What is wrong, for people.
    pub problem: String,
}

/// A refusal or a failure.
pub struct Error {
    /// Its stable code.
    pub code: Code,
    /// For people; says nothing internal.
    pub message: String,
    /// What the person can do about it.
    pub hint: Option<Box<str>>,
    /// The fields at fault.
    pub fields: Vec<Field>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
    /// The limit that was reached: so many in so many seconds.
    pub limit: Option<(u32, u32)>,
    /// For the log only.
    pub cause: Option<String>,
    /// Whether what the verb wrote before it refused is kept (a failed login must be counted).
    pub keep: bool,
}

impl Error {
    /// An error with the code's own message.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            message: code.message().to_owned(),
            hint: None,
            fields: Vec::new(),
            retry_after: None,
            limit: None,
            cause: None,
            keep: false,
        }
    }

    /// Not there, or not to be known.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// The state does not allow it.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Code::Conflict).message(message)
    }

    /// One field is wrong.
    pub fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        let mut error = Self::new(Code::InvalidInput);
        error.fields.push(Field { field: field.into(), problem: problem.into() });
        error
    }

    /// A bug or a broken part; `cause` goes to the log only.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(Code::Internal).cause(cause)
    }

    /// With another message.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// With a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into_boxed_str());
        self
    }

    /// With a cause for the log.
    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// With the seconds to wait.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Too many: over `quota` in `window` seconds.
    pub fn over(quota: u32, window: u32, retry_after: u64) -> Self {
        Self { limit: Some((quota, window)), ..Self::new(Code::RateLimited).retry_after(retry_after.max(1)) }
    }

    /// Refuses, and yet keeps what was written so far.
    #[must_use]
    pub fn keeping(mut self) -> Self {
        self.keep = true;
        self
    }

    /// Whether this is a bug or a broken part, rather than a refusal.
    pub fn is_fault(&self) -> bool {
        self.code.status() >= 500
    }

    /// The one shape every answer with an error has (OPS-4).
    pub fn body(&self, request: impl fmt::Display) -> Body {
        Body {
            error: self.message.clone(),
            code: self.code,
            request_id: request.to_string(),
            hint: self.hint.as_deref().map(str::to_owned),
            fields: self.fields.clone(),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)?;
        if !self.fields.is_empty() {
            write!(f, " {:?}", self.fields)?;
        }
        self.cause.as_ref().map_or(Ok(()), |cause| write!(f, " (cause: {cause})"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// What every error answer looks like.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Error")]
pub struct Body {
    /// For people.
    pub error: String,
    /// For programs; stable.
    pub code: Code,
    /// To quote when asking for help.
    pub request_id: String,
    /// What can be done about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ OPS-4
    #[test]
    fn codes_are_what_serde_says_and_bodies_hide_causes() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
        let body = serde_json::to_string(&Error::internal("password of db is x").body("req_1")).unwrap();
        assert_eq!(
            body,
            r#"{"error":"Something went wrong on our side.","code":"internal","requestId":"req_1"}"#
        );
    }
}
