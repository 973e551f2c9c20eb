//! Structs are read from objects alone.
//!
//! serde's derived readers also take a list for a struct, its items for the fields in their order: a shape
//! that no schema allows and nobody means.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde_path_to_error::Track;

use super::pointer::pointer_of;

/// Reads a value whose structs, at any depth, are objects. What untagged enums buffer is out of reach.
///
/// # Errors
/// Those of `deserializer`, and a list where a struct is meant.
pub(crate) fn from_objects<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    T::deserialize(Objects(deserializer))
}

/// The same, with the JSON pointer to what could not be read.
///
/// # Errors
/// As above.
pub(crate) fn from_objects_at<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, (String, D::Error)> {
    let mut track = Track::new();
    let tracked = serde_path_to_error::Deserializer::new(deserializer, &mut track);
    from_objects(tracked).map_err(|error| (pointer_of(&track.path()), error))
}

/// Any of serde's parts, with structs asked for as maps.
struct Objects<T>(T);

macro_rules! as_before {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
                self.0.$method($($argument,)* Objects(visitor))
            }
        )*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Objects<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Objects(visitor))
    }

    as_before! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(length: usize);
        deserialize_tuple_struct(name: &'static str, length: usize);
        deserialize_map();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! plain {
    ($($method:ident: $type:ty;)*) => {
        $(
            fn $method<E: serde::de::Error>(self, value: $type) -> Result<V::Value, E> {
                self.0.$method(value)
            }
        )*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Objects<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    plain! {
        visit_bool: bool;
        visit_i8: i8;
        visit_i16: i16;
        visit_i32: i32;
        visit_i64: i64;
        visit_i128: i128;
        visit_u8: u8;
        visit_u16: u16;
        visit_u32: u32;
        visit_u64: u64;
        visit_u128: u128;
        visit_f32: f32;
        visit_f64: f64;
        visit_char: char;
        visit_str: &str;
        visit_borrowed_str: &'de str;
        visit_string: String;
        visit_bytes: &[u8];
        visit_borrowed_bytes: &'de [u8];
        visit_byte_buf: Vec<u8>;
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Objects(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Objects(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Objects(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Objects(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(Objects(variant))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Objects<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Objects(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Objects(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(Objects(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Objects(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Objects<A> {
    type Error = A::Error;
    type Variant = Objects<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.0.variant_seed(Objects(seed))?;
        Ok((value, Objects(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Objects(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(length, Objects(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.newtype_variant_seed(Entries(visitor))
    }
}

/// Reads an object for a visitor of structs.
struct Entries<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Entries<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_map(Objects(self.0))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::domain::{RawJson, Sample};

    #[derive(Debug, PartialEq, Deserialize)]
    struct Point {
        x: u8,
        y: Option<Box<Point>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Nest {
        points: Vec<Point>,
        named: BTreeMap<u64, Point>,
        pair: (u8, String),
        kind: Shape,
        raw: RawJson,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Shape {
        Dot,
        At(Point),
        Box { low: Point },
    }

    fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
        let mut json = serde_json::Deserializer::from_str(text);
        from_objects(&mut json).map_err(|error| error.to_string())
    }

    #[test]
    fn objects_are_read_as_before() {
        let text = r#"{"points": [{"x": 1, "y": {"x": 2, "y": null}}], "named": {"7": {"x": 3}},
            "pair": [4, "four"], "kind": {"at": {"x": 5}}, "raw": 123456789012345678901234567890}"#;
        assert_eq!(read::<Nest>(text).unwrap(), serde_json::from_str(text).unwrap());
        assert_eq!(read::<Shape>(r#""dot""#).unwrap(), Shape::Dot);
        let low = Point { x: 1, y: None };
        assert_eq!(read::<Shape>(r#"{"box": {"low": {"x": 1}}}"#).unwrap(), Shape::Box { low });
    }

    #[test]
    fn a_list_is_no_struct_at_any_depth() {
        let refused = |error: String| assert!(error.contains("invalid type: sequence"), "{error}");
        refused(read::<Point>("[1, null]").unwrap_err());
        refused(read::<Point>(r#"{"x": 1, "y": [1, null]}"#).unwrap_err());
        refused(read::<Vec<Point>>("[[1, null]]").unwrap_err());
        refused(read::<BTreeMap<String, Point>>(r#"{"a": [1, null]}"#).unwrap_err());
        refused(read::<Shape>(r#"{"at": [1, null]}"#).unwrap_err());
        refused(read::<Shape>(r#"{"box": [{"x": 1}]}"#).unwrap_err());
        refused(read::<Sample>("[]").unwrap_err());
        refused(read::<Sample>(r#"{"messages": [["user", "hi"]]}"#).unwrap_err());
        refused(read::<Sample>(r#"{"completion": [["user", "hi"]]}"#).unwrap_err());
    }
}
