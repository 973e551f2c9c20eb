//! Objects that hold a sample's fields beside some of their own.

use std::marker::PhantomData;

use serde::{
    Deserialize,
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess,
        Visitor,
    },
    forward_to_deserialize_any,
};

/// Fields that stand beside those of another type in one object.
pub(crate) trait Fields: Default {
    /// Their names.
    const NAMES: &'static [&'static str];

    /// Reads the value of `key`, one of the names, from `map`.
    ///
    /// # Errors
    /// The value's own, and a key that came before.
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Reads an object whose fields are `F`'s and `T`'s. What `#[serde(flatten)]` would do, but without
/// reading values into a buffer first: big integers keep their digits, and errors their places.
pub(crate) fn beside<'de, D, F, T>(deserializer: D) -> Result<(F, T), D::Error>
where
    D: Deserializer<'de>,
    F: Fields,
    T: DeserializeOwned,
{
    deserializer.deserialize_map(Beside(PhantomData))
}

/// Reads `key`'s value into `slot`.
pub(crate) fn set<'de, A: MapAccess<'de>, V: Deserialize<'de>>(
    slot: &mut Option<V>,
    key: &'static str,
    map: &mut A,
) -> Result<(), A::Error> {
    if slot.replace(map.next_value()?).is_some() {
        return Err(serde::de::Error::duplicate_field(key));
    }
    Ok(())
}

struct Beside<F, T>(PhantomData<(F, T)>);

impl<'de, F: Fields, T: DeserializeOwned> Visitor<'de> for Beside<F, T> {
    type Value = (F, T);

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut fields = F::default();
        let value = T::deserialize(Rest { map, fields: &mut fields, known: &[] })?;
        Ok((fields, value))
    }
}

/// The entries that are not `F`'s, as an object.
struct Rest<'a, F, A> {
    map: A,
    fields: &'a mut F,
    /// The fields that the object may have.
    known: &'static [&'static str],
}

impl<'de, F: Fields, A: MapAccess<'de>> Deserializer<'de> for Rest<'_, F, A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        visitor.visit_map(Self { known, ..self })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de, F: Fields, A: MapAccess<'de>> MapAccess<'de> for Rest<'_, F, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let mut seed = Some(seed);
        loop {
            let key = Key { seed: &mut seed, own: F::NAMES, known: self.known };
            match self.map.next_key_seed(key)? {
                None => return Ok(None),
                Some(Whose::Theirs(key)) => return Ok(key),
                Some(Whose::Own(key)) => self.fields.read(&key, &mut self.map)?,
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// A key of either side. Read as one, so that whoever keeps track of places knows the key at fault.
struct Key<'a, K> {
    seed: &'a mut Option<K>,
    own: &'static [&'static str],
    known: &'static [&'static str],
}

enum Whose<K> {
    Own(String),
    Theirs(Option<K>),
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, K> {
    type Value = Whose<K::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let key = String::deserialize(deserializer)?;
        if self.own.contains(&key.as_str()) {
            return Ok(Whose::Own(key));
        }
        if !self.known.is_empty() && !self.known.contains(&key.as_str()) {
            let all: Vec<_> =
                self.own.iter().chain(self.known).map(|name| format!("`{name}`")).collect();
            let all = all.join(", ");
            return Err(D::Error::custom(format!("unknown field `{key}`, expected one of {all}")));
        }
        let theirs = self.seed.take().map(|seed| seed.deserialize(key.into_deserializer()));
        theirs.transpose().map(Whose::Theirs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Sample;

    #[derive(Debug, Default)]
    struct Own {
        best: Option<u8>,
    }

    impl Fields for Own {
        const NAMES: &'static [&'static str] = &["best"];

        fn read<'de, A: MapAccess<'de>>(&mut self, _: &str, map: &mut A) -> Result<(), A::Error> {
            set(&mut self.best, "best", map)
        }
    }

    fn read(text: &str) -> Result<(Own, Sample), String> {
        let json = &mut serde_json::Deserializer::from_str(text);
        let json = serde_path_to_error::deserialize::<_, Both>(json);
        json.map(|both| both.0).map_err(|error| error.to_string())
    }

    struct Both((Own, Sample));

    impl<'de> Deserialize<'de> for Both {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            beside(deserializer).map(Self)
        }
    }

    #[test]
    fn fields_go_where_they_belong_and_keep_every_digit() {
        let tests =
            r#"{"expected": 1606938044258990275541962092341162602522202993782792835301376}"#;
        let (own, sample) = read(&format!(
            r#"{{"id": "a", "best": 3, "tests": {tests}, "features": {{"x": 1.5}}}}"#
        ))
        .unwrap();
        assert_eq!(own.best, Some(3));
        assert_eq!(sample.id.as_deref(), Some("a"));
        assert_eq!(sample.features["x"], 1.5);
        assert_eq!(sample.tests.unwrap().get(), tests);
    }

    #[test]
    fn mistakes_have_their_places() {
        let error = |text| read(text).unwrap_err();
        assert!(error(r#"{"best": "x"}"#).starts_with("best: invalid type: string"));
        assert!(error(r#"{"features": {"x": "y"}}"#).starts_with("features.x: invalid type"));
        assert!(
            error(r#"{"bset": 1}"#)
                .starts_with("bset: unknown field `bset`, expected one of `best`, `id`")
        );
        assert!(error(r#"{"best": 1, "best": 2}"#).contains("duplicate field `best`"));
        assert!(error(r#"{"id": "a", "id": "b"}"#).contains("duplicate field `id`"));
        assert!(error("[1]").contains("expected an object"));
    }
}
