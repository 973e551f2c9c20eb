//! How well a text fits an image, by a dual encoder (CLIP, SigLIP): one column per model.
//!
//! The image is the sample's first, the text its completion (a caption under judgement) or its prompt
//! (an image under judgement, whose request the prompt was). `metric` names the convention: they differ
//! in scale, clamping and prefix. For RLCF's reward follow it with `rlcf`, for its ensembles with
//! `weighted` (10 : 5 : 3 for ViT-L/14@336, ViT-L/14 and RN50x64).
//! Hessel et al. 2021, *CLIPScore* (arXiv 2104.08718); Radford et al. 2021 (arXiv 2103.00020).

use std::{
    collections::{BTreeMap, HashMap},
    time::Instant,
};

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Scored, Source, Usage, World};
use crate::domain::{
    Batch, BoxFuture, Cell, Column, DualInfo, Embeddable, Embedding, Image, Miss, ParamError,
    Sample, Scope,
    similarity::{ClipMetric, ClipPair},
};
use crate::nodes::{Family, Kind};

/// Parameters of `clip_score`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClipScore {
    /// Names of loaded dual encoders, at least one, each at most once: the columns, in this order.
    #[schema(min_items = 1)]
    models: Vec<String>,
    /// What the cosine is worth; not `rlcf`, whose baseline is the node `rlcf`. Default: `clipscore`.
    #[serde(default = "clipscore")]
    #[schema(inline, default = "clipscore")]
    metric: ClipMetric,
    /// Which text is compared with the image. Default: `completion`.
    #[serde(default)]
    #[schema(inline, default = "completion")]
    text: Text,
    /// Put before each text. Default: the metric's own ("A photo depicts " for `clipscore`).
    #[serde(default)]
    prefix: Option<String>,
}

/// Which text is compared with the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Text {
    /// The completion: captions are judged.
    #[default]
    Completion,
    /// The prompt: images are judged.
    Prompt,
}

fn clipscore() -> ClipMetric {
    ClipMetric::Clipscore
}

impl Kind for ClipScore {
    const NAME: &'static str = "clip_score";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "how well a text fits the sample's image, by CLIP or SigLIP";
    const EQUATION: &'static str = "2.5 · max(cos(image, text), 0), or another metric of cos";
    const PAPER: &'static str = "Hessel et al. 2021, CLIPScore (arXiv 2104.08718), Eq. 1";

    fn example() -> Value {
        json!({"models": ["tiny-clip"], "metric": "clipscore", "prefix": ""})
    }

    fn validate(&self) -> Result<(), ParamError> {
        if self.models.is_empty() {
            return Err(ParamError::at("/models", "name at least one model"));
        }
        for (index, model) in self.models.iter().enumerate() {
            if self.models[..index].contains(model) {
                let twice = format!("`{model}` is named twice");
                return Err(ParamError::at(format!("/models/{index}"), twice));
            }
        }
        if self.metric == ClipMetric::Rlcf {
            let message = "use `clipscore` with prefix \"\", followed by the node `rlcf`";
            return Err(ParamError::at("/metric", message));
        }
        Ok(())
    }
}

impl Source for ClipScore {
    fn models(&self) -> &[String] {
        &self.models
    }

    fn columns(&self) -> Vec<String> {
        self.models.clone()
    }

    fn check(&self, world: &World) -> Result<(), ParamError> {
        for (index, model) in self.models.iter().enumerate() {
            let at = |message: String| ParamError::at(format!("/models/{index}"), message);
            let info = world.embedders.dual_info(model);
            let info = info.ok_or_else(|| at(format!("no CLIP or SigLIP model `{model}`")))?;
            self.metric
                .check(&info)
                .map_err(|lacks| ParamError::at("/metric", format!("`{model}`: {lacks}")))?;
        }
        Ok(())
    }

    fn score<'a>(
        &'a self,
        batch: Batch,
        world: &'a World,
        deadline: Instant,
    ) -> BoxFuture<'a, Scored> {
        Box::pin(async move {
            let asked: Vec<Result<Asked, Miss>> =
                batch.samples().iter().map(|sample| self.asked(sample)).collect();
            let (inputs, places) = gather(&asked);
            let mut usage = vec![Usage::default(); batch.len()];
            let (mut columns, mut models) = (Vec::new(), BTreeMap::new());
            for model in &self.models {
                let Some(info) = world.embedders.dual_info(model) else {
                    columns.push(Column::missing(batch.len(), &Miss::not_loaded(model)));
                    continue;
                };
                let embedded = world.embedders.embed(model, inputs.clone(), deadline).await;
                let of = |input: &Input| embedded[places[input]].as_ref().map_err(Clone::clone);
                let cells = asked.iter().zip(&mut usage).map(|(asked, usage)| {
                    let asked = asked.as_ref().map_err(Clone::clone)?;
                    let cost = |embedding: &Embedding| *usage = usage.and(spent(embedding));
                    self.cell(asked, &of, cost, &info)
                });
                columns.push(Column::new(cells));
                models.insert(model.clone(), info.model);
            }
            Scored { columns, usage, models }
        })
    }
}

/// An image or a text of some sample.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Input<'a> {
    Image(&'a str),
    Text(String),
}

/// What one sample asks to be embedded.
struct Asked<'a> {
    image: Input<'a>,
    text: Option<Input<'a>>,
    references: Vec<Input<'a>>,
}

impl ClipScore {
    fn asked<'a>(&self, sample: &'a Sample) -> Result<Asked<'a>, Miss> {
        let image = sample.images.first().ok_or_else(|| Miss::missing("images"))?;
        let prefixed = |text: &str| {
            let prefix = self.prefix.as_deref().unwrap_or(self.metric.prefix());
            Input::Text(format!("{prefix}{text}"))
        };
        let text = if self.metric.reads_text() { Some(self.text(sample)?) } else { None };
        let references = if self.metric == ClipMetric::RefClipscore {
            sample.references.iter().map(|text| prefixed(text)).collect()
        } else {
            Vec::new()
        };
        let text = text.as_deref().map(prefixed);
        Ok(Asked { image: Input::Image(image), text, references })
    }

    fn text(&self, sample: &Sample) -> Result<String, Miss> {
        if self.text == Text::Completion {
            let text = sample.completion_text().ok_or_else(|| Miss::missing("completion"))?;
            return Ok(text.into_owned());
        }
        let messages = sample.prompt_messages().ok_or_else(|| Miss::missing("prompt"))?;
        let said: Vec<&str> = messages
            .iter()
            .filter(|message| message.role == "user")
            .map(|message| message.content.as_str())
            .collect();
        Ok(said.join("\n"))
    }

    fn cell<'a>(
        &self,
        asked: &Asked<'_>,
        of: &dyn Fn(&Input<'_>) -> Result<&'a Embedding, Miss>,
        mut cost: impl FnMut(&Embedding),
        info: &DualInfo,
    ) -> Cell {
        let image = of(&asked.image)?;
        cost(image);
        let text = asked.text.as_ref().map(of).transpose()?;
        let references = asked.references.iter().map(of).collect::<Result<Vec<_>, _>>()?;
        text.into_iter().chain(references.iter().copied()).for_each(&mut cost);
        self.metric.of(ClipPair { image, text, references: &references }, info)
    }
}

/// Each different input once, and its place.
fn gather<'a>(asked: &[Result<Asked<'a>, Miss>]) -> (Vec<Embeddable>, HashMap<Input<'a>, usize>) {
    let (mut inputs, mut places) = (Vec::new(), HashMap::new());
    for asked in asked.iter().flatten() {
        let all = [Some(&asked.image), asked.text.as_ref()];
        for input in all.into_iter().flatten().chain(&asked.references) {
            places.entry(input.clone()).or_insert_with(|| {
                inputs.push(match input {
                    Input::Text(text) => Embeddable::Text(text.clone()),
                    Input::Image(image) => Embeddable::Image(Image::of_text((*image).to_owned())),
                });
                inputs.len() - 1
            });
        }
    }
    (inputs, places)
}

fn spent(embedding: &Embedding) -> Usage {
    Usage {
        tokens: embedding.tokens,
        cached: usize::from(embedding.cached),
        truncated: embedding.truncated,
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        Completion, Data, Embedders, Embeddings, Judged, MissStatus, ModelInfo, Scorers,
    };
    use crate::nodes::testing::rejects;
    use crate::verify::code::SandboxConfig;

    /// "x" lies along the first axis, anything else along the diagonal; images named "broken" are.
    #[derive(Debug)]
    struct Axes;

    impl Embedders for Axes {
        fn dual_info(&self, model: &str) -> Option<DualInfo> {
            let text = String::new;
            let info =
                ModelInfo { sha256: text(), dtype: text(), template: text(), calibration: None };
            (model != "absent").then_some(DualInfo {
                model: info,
                width: 2,
                logit_scale: 10.0,
                logit_bias: None,
                aesthetic: false,
            })
        }

        fn embed<'a>(
            &'a self,
            _: &'a str,
            inputs: Vec<Embeddable>,
            _: Instant,
        ) -> BoxFuture<'a, Embeddings> {
            let embed = |input: Embeddable| {
                let name = match input {
                    Embeddable::Text(text) | Embeddable::Image(Image::File(Data::Text(text))) => {
                        text
                    }
                    Embeddable::Image(_) => String::new(),
                };
                if name == "broken" {
                    return Err(Miss::new(MissStatus::InvalidInput, "broken"));
                }
                let vector: [f32; 2] = if name.ends_with('x') { [1.0, 0.0] } else { [0.6, 0.8] };
                let vector = Arc::from(vector);
                let (aesthetic, tokens) = (None, 2);
                Ok(Embedding { vector, aesthetic, tokens, truncated: false, cached: false })
            };
            Box::pin(std::future::ready(inputs.into_iter().map(embed).collect()))
        }
    }

    impl Scorers for Axes {
        fn info(&self, _: &str) -> Option<ModelInfo> {
            None
        }

        fn score<'a>(
            &'a self,
            _: &'a [String],
            _: Batch,
            _: Instant,
        ) -> BoxFuture<'a, Vec<Judged>> {
            Box::pin(std::future::ready(Vec::new()))
        }
    }

    fn source(params: Value) -> ClipScore {
        let source: ClipScore = serde_json::from_value(params).unwrap();
        source.validate().unwrap();
        source
    }

    fn world() -> World {
        World::new(Arc::new(Axes), SandboxConfig::off()).with_embedders(Arc::new(Axes))
    }

    fn cells(params: Value, samples: Vec<Sample>) -> Vec<Cell> {
        let (world, batch) = (world(), Batch::new(samples).unwrap());
        let source = source(params);
        let scored = futures::executor::block_on(source.score(batch, &world, Instant::now()));
        scored.columns[0].cells().to_vec()
    }

    fn sample(image: &str, completion: &str) -> Sample {
        Sample {
            prompt: Some("p".to_owned()),
            images: vec![image.to_owned()],
            completion: Some(Completion::Text(completion.to_owned())),
            references: vec!["y".to_owned()],
            ..Sample::default()
        }
    }

    fn close(found: &Cell, expected: f64) {
        let found = *found.as_ref().unwrap();
        assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
    }

    #[test]
    fn the_image_meets_the_text_and_a_broken_one_voids_itself() {
        let lost = Sample { images: vec![], ..sample("", "y") };
        let samples = vec![sample("x", "y"), sample("broken", "y"), lost, sample("x", "x")];
        let found = cells(json!({"models": ["m"]}), samples);
        close(&found[0], 1.5); // 2.5 · 0.6
        assert_eq!(found[1].as_ref().unwrap_err().status, MissStatus::InvalidInput);
        assert_eq!(found[2], Err(Miss::missing("images")));
        close(&found[3], 2.5);
    }

    #[test]
    fn metrics_prompts_and_references() {
        let of = |params: Value| cells(params, vec![sample("x", "y")]).remove(0);
        close(&of(json!({"models": ["m"], "metric": "logit"})), 6.0);
        close(&of(json!({"models": ["m"], "metric": "cosine", "text": "prompt"})), 0.6);
        // Harmonic mean of 1.5 and 1.
        close(&of(json!({"models": ["m"], "metric": "ref_clipscore"})), 1.2);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let check = |params| source(params).check(&world()).map_err(|error| error.pointer);
        assert_eq!(check(json!({"models": ["m"]})), Ok(()));
        assert_eq!(check(json!({"models": ["m", "absent"]})), Err("/models/1".to_owned()));
        let siglip = json!({"models": ["m"], "metric": "siglip_prob"});
        assert_eq!(check(siglip), Err("/metric".to_owned()));
        assert_eq!(rejects("clip_score", json!({"models": []})), "/models");
        assert_eq!(rejects("clip_score", json!({"models": ["m", "m"]})), "/models/1");
        assert_eq!(rejects("clip_score", json!({"models": ["m"], "metric": "rlcf"})), "/metric");
    }
}
