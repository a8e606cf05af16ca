//! Values on their way into a statement and out of a row, the same for both databases.

use kernel::{Error, MemberId, OrgId, Result, SessionId, Timestamp, TokenId, UserId};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

/// A statement. Text known at compile time, with parameters `?1`, `?2`, …; where the databases differ, one text for each.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl Sql {
    /// A statement with one text for each database.
    pub const fn each(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres }
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

/// A value for a parameter.
#[derive(Clone, Copy, Debug)]
pub enum Param<'a> {
    /// NULL.
    Null,
    /// A whole number, a time included.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// Text.
    Text(&'a str),
    /// An id.
    Uuid(Uuid),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(v: &'a str) -> Self {
        Param::Text(v)
    }
}
impl<'a> From<&'a String> for Param<'a> {
    fn from(v: &'a String) -> Self {
        Param::Text(v)
    }
}
impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(v: &'a [u8]) -> Self {
        Param::Bytes(v)
    }
}
impl<'a, const N: usize> From<&'a [u8; N]> for Param<'a> {
    fn from(v: &'a [u8; N]) -> Self {
        Param::Bytes(v)
    }
}
impl From<i64> for Param<'_> {
    fn from(v: i64) -> Self {
        Param::Int(v)
    }
}
impl From<bool> for Param<'_> {
    fn from(v: bool) -> Self {
        Param::Bool(v)
    }
}
impl From<Timestamp> for Param<'_> {
    fn from(v: Timestamp) -> Self {
        Param::Int(v.0)
    }
}
impl From<Uuid> for Param<'_> {
    fn from(v: Uuid) -> Self {
        Param::Uuid(v)
    }
}
impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(v: Option<T>) -> Self {
        v.map_or(Param::Null, Into::into)
    }
}

/// Lets a module's own ids be parameters and columns: `store::id_columns!(ChannelId MessageId);`.
#[macro_export]
macro_rules! id_columns {
    ($($id:ident)*) => {$(
        impl From<$id> for $crate::Param<'_> {
            fn from(id: $id) -> Self {
                $crate::Param::Uuid(id.0)
            }
        }
        impl $crate::Column for $id {
            fn read(row: &$crate::Row<'_>, index: usize) -> kernel::Result<Self> {
                row.get(index).map(Self)
            }
        }
    )*};
}
id_columns!(OrgId UserId MemberId SessionId TokenId);

/// The parameters of a statement: `params![id, name]`. Inside an organisation they begin at `?2`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::Param::from($value)),*] };
}

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Param::Null => ValueRef::Null,
            Param::Int(v) => ValueRef::Integer(*v),
            Param::Bool(v) => ValueRef::Integer(i64::from(*v)),
            Param::Text(v) => ValueRef::Text(v.as_bytes()),
            Param::Uuid(v) => ValueRef::Blob(v.as_bytes()),
            Param::Bytes(v) => ValueRef::Blob(v),
        }))
    }
}

impl ToSql for Param<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut tokio_postgres::types::private::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Param::Null => Ok(IsNull::Yes),
            Param::Int(v) if *ty == Type::INT4 => i32::try_from(*v)?.to_sql(ty, out),
            Param::Int(v) => v.to_sql(ty, out),
            Param::Bool(v) => v.to_sql(ty, out),
            Param::Text(v) => v.to_sql(ty, out),
            Param::Uuid(v) => v.to_sql(ty, out),
            Param::Bytes(v) => v.to_sql(ty, out),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

/// A row of an answer.
pub enum Row<'a> {
    /// Borrowed from the running statement.
    Sqlite(&'a rusqlite::Row<'a>),
    /// Received whole.
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// The value in the column with this index (from 0).
    pub fn get<T: Column>(&self, index: usize) -> Result<T> {
        T::read(self, index)
    }

    /// The text in this column, without a copy.
    pub fn text(&self, index: usize) -> Result<&str> {
        match self {
            Row::Sqlite(row) => row.get_ref(index).map_err(wrong)?.as_str().map_err(wrong),
            Row::Postgres(row) => row.try_get(index).map_err(wrong),
        }
    }
}

fn wrong(error: impl std::fmt::Display) -> Error {
    Error::internal(format_args!("reading a column: {error}"))
}

/// A type that a column can be read as.
pub trait Column: Sized {
    /// Reads it.
    fn read(row: &Row<'_>, index: usize) -> Result<Self>;
}

macro_rules! plain {
    ($($t:ty)*) => {$(
        impl Column for $t {
            fn read(row: &Row<'_>, index: usize) -> Result<Self> {
                match row {
                    Row::Sqlite(row) => row.get(index).map_err(wrong),
                    Row::Postgres(row) => row.try_get(index).map_err(wrong),
                }
            }
        }
    )*};
}
plain!(i64 bool String Vec<u8>);

impl Column for Uuid {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        match row {
            Row::Sqlite(row) => {
                let bytes = row.get_ref(index).map_err(wrong)?.as_blob().map_err(wrong)?;
                Uuid::from_slice(bytes).map_err(wrong)
            }
            Row::Postgres(row) => row.try_get(index).map_err(wrong),
        }
    }
}

impl Column for Timestamp {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        i64::read(row, index).map(Timestamp)
    }
}

impl Column for kernel::Role {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        row.text(index)?.parse().map_err(wrong)
    }
}

impl<T: Column> Column for Option<T> {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        let null = match row {
            Row::Sqlite(row) => matches!(row.get_ref(index).map_err(wrong)?, rusqlite::types::ValueRef::Null),
            Row::Postgres(row) => row.try_get::<_, Null>(index).map_err(wrong)?.0,
        };
        if null { Ok(None) } else { T::read(row, index).map(Some) }
    }
}

/// Asks PostgreSQL's answer only whether a value is there, whatever its type.
struct Null(bool);

impl<'a> tokio_postgres::types::FromSql<'a> for Null {
    fn from_sql(_: &Type, _: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Null(false))
    }
    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Null(true))
    }
    fn accepts(_: &Type) -> bool {
        true
    }
}
