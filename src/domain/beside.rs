//! Objects that hold a sample's fields beside some of their own.

use std::marker::PhantomData;

use serde::{
    Deserialize,
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor,
        value::MapAccessDeserializer,
    },
};

/// Fields that stand beside those of another type in one object.
pub(crate) trait Fields: Default {
    /// Reads the value of `key` from `map`, if the key is one of these fields.
    ///
    /// # Errors
    /// The value's own, and a key that came before.
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error>;
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
) -> Result<bool, A::Error> {
    if slot.replace(map.next_value()?).is_some() {
        return Err(serde::de::Error::duplicate_field(key));
    }
    Ok(true)
}

struct Beside<F, T>(PhantomData<(F, T)>);

impl<'de, F: Fields, T: DeserializeOwned> Visitor<'de> for Beside<F, T> {
    type Value = (F, T);

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut fields = F::default();
        let rest = Rest { map, fields: &mut fields };
        let value = T::deserialize(MapAccessDeserializer::new(rest))?;
        Ok((fields, value))
    }
}

/// The entries that are not `F`'s.
struct Rest<'a, F, A> {
    map: A,
    fields: &'a mut F,
}

impl<'de, F: Fields, A: MapAccess<'de>> MapAccess<'de> for Rest<'_, F, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<String>()? {
            if !self.fields.read(&key, &mut self.map)? {
                return seed.deserialize(key.into_deserializer()).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
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
        fn read<'de, A: MapAccess<'de>>(
            &mut self,
            key: &str,
            map: &mut A,
        ) -> Result<bool, A::Error> {
            if key == "best" { set(&mut self.best, "best", map) } else { Ok(false) }
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
        assert!(error(r#"{"bset": 1}"#).contains("unknown field `bset`"));
        assert!(error(r#"{"best": 1, "best": 2}"#).contains("duplicate field `best`"));
        assert!(error(r#"{"id": "a", "id": "b"}"#).contains("duplicate field `id`"));
        assert!(error("[1]").contains("expected an object"));
    }
}
