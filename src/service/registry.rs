//! Pipelines by name.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema, schema::OneOf},
};

use super::ServiceError;
use crate::{
    nodes::World,
    pipeline::{PipelineSpec, Plan, SpecError, compile},
};

/// A pipeline that is in service.
#[derive(Debug)]
pub struct Pipeline {
    /// Its name; empty for one given inline.
    pub name: String,
    /// What it was compiled from.
    pub spec: PipelineSpec,
    /// What runs.
    pub plan: Plan,
}

/// A pipeline's name, or a specification to be used once.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PipelineRef {
    /// One that is configured.
    Name(String),
    /// One given with the request.
    Inline(PipelineSpec),
}

impl<'de> Deserialize<'de> for PipelineRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not an untagged enum: that would lose the place of an error in the specification.
        struct NameOrSpec;
        impl<'de> Visitor<'de> for NameOrSpec {
            type Value = PipelineRef;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a pipeline's name or a specification")
            }

            fn visit_str<E>(self, name: &str) -> Result<PipelineRef, E> {
                Ok(PipelineRef::Name(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PipelineRef, A::Error> {
                PipelineSpec::deserialize(MapAccessDeserializer::new(map)).map(PipelineRef::Inline)
            }
        }
        deserializer.deserialize_any(NameOrSpec)
    }
}

impl PartialSchema for PipelineRef {
    fn schema() -> RefOr<Schema> {
        let name = utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("The name of a configured pipeline."));
        let mut either = OneOf::new();
        either.items.push(RefOr::T(name.into()));
        either.items.push(RefOr::Ref(utoipa::openapi::Ref::from_schema_name("PipelineSpec")));
        RefOr::T(Schema::OneOf(either))
    }
}

impl ToSchema for PipelineRef {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("PipelineRef")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("PipelineSpec".to_owned(), PipelineSpec::schema()));
        <PipelineSpec as ToSchema>::schemas(schemas);
    }
}

/// The pipelines in service.
#[derive(Debug, Default)]
pub struct Pipelines {
    named: RwLock<BTreeMap<String, Arc<Pipeline>>>,
}

impl Pipelines {
    /// Compiles `spec` and puts it in service under `name`, in place of what was there.
    ///
    /// # Errors
    /// When it cannot be compiled; what was there stays.
    pub fn insert(
        &self,
        name: &str,
        spec: PipelineSpec,
        world: &World,
    ) -> Result<Arc<Pipeline>, SpecError> {
        let plan = compile(&spec, world)?;
        let pipeline = Arc::new(Pipeline { name: name.to_owned(), spec, plan });
        self.install(Arc::clone(&pipeline));
        Ok(pipeline)
    }

    /// Puts a pipeline in service under its name, in place of what was there.
    pub(super) fn install(&self, pipeline: Arc<Pipeline>) {
        let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
        named.insert(pipeline.name.clone(), pipeline);
    }

    /// Takes a pipeline out of service.
    pub(super) fn remove(&self, name: &str) {
        self.named.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// The pipeline of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &str) -> Result<Arc<Pipeline>, ServiceError> {
        let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
        named
            .get(name)
            .cloned()
            .ok_or_else(|| ServiceError::NotFound { what: "pipeline", name: name.to_owned() })
    }

    /// All pipelines, by name.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Pipeline>> {
        self.named.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The pipeline that a request means.
    ///
    /// # Errors
    /// When there is none of that name, or the specification cannot be compiled.
    pub fn resolve(
        &self,
        reference: PipelineRef,
        world: &World,
    ) -> Result<Arc<Pipeline>, ServiceError> {
        match reference {
            PipelineRef::Name(name) => self.get(&name),
            PipelineRef::Inline(spec) => {
                let plan = compile(&spec, world)?;
                Ok(Arc::new(Pipeline { name: String::new(), spec, plan }))
            }
        }
    }
}
