//! Whole numbers from outside, bounded by their type: once a value exists, it is within.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Whole<const MIN: i64, const MAX: i64>(i64);

/// The number of a change in a log: as far as a JavaScript number counts without skipping.
pub type Seq = Whole<0, 9_007_199_254_740_991>;

impl<const MIN: i64, const MAX: i64> Whole<MIN, MAX> {
    /// Checks and wraps a number. The error says what is wrong in words for the person who typed it.
    pub fn new(number: i64) -> Result<Self, String> {
        if number < MIN {
            return Err(format!("must be at least {MIN}"));
        }
        if number > MAX {
            return Err(format!("must be at most {MAX}"));
        }
        Ok(Self(number))
    }

    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(whole(d)?).map_err(de::Error::custom)
    }
}

/// Reads a whole number. JSON has one kind of number, so `2.0` is whole (JSON Schema, `integer`).
pub(crate) fn whole<'de, D: Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
    struct Read;
    impl de::Visitor<'_> for Read {
        type Value = i64;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number")
        }
        fn visit_i64<E: de::Error>(self, number: i64) -> Result<i64, E> {
            Ok(number)
        }
        fn visit_u64<E: de::Error>(self, number: u64) -> Result<i64, E> {
            i64::try_from(number).map_err(|_| E::custom("is too large"))
        }
        fn visit_f64<E: de::Error>(self, number: f64) -> Result<i64, E> {
            // Only a whole one is written without a point.
            let unlike = || E::invalid_type(de::Unexpected::Float(number), &self);
            number.to_string().parse().map_err(|_| unlike())
        }
    }
    d.deserialize_i64(Read)
}

impl<const MIN: i64, const MAX: i64> JsonSchema for Whole<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Whole{MIN}To{MAX}").into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ OPS-2
    #[test]
    fn numbers_are_within() {
        let read = |text: &str| serde_json::from_str::<Whole<1, 200>>(text).ok().map(Whole::get);
        assert_eq!((read("1"), read("200")), (Some(1), Some(200)));
        assert_eq!((read("1.0"), read("2e1"), read("0.2e3")), (Some(1), Some(20), Some(200)));
        for bad in [
            "0",
            "201",
            "-1",
            "1.5",
            "0.0",
            "1.0e-1",
            "201.0",
            "\"1\"",
            "null",
            "1e300",
            "18446744073709551615",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
