//! A causal language model with its tokenizer, on disk as Hugging Face's `LlamaForCausalLM`.

use std::path::Path;

use candle_core::Device;

use crate::train::{
    TrainError, checkpoint,
    export::{self, Head, Storage},
    language_model::{self, LanguageModelConfig},
    nn::{CausalLm, DecoderConfig, Linear, Params},
    tokenizer::ChatTokenizer,
};

/// The value head's parameter.
const VALUE_HEAD: &str = "value_head";

/// Pre-trains a language model and writes it to `output` in the layout of Hugging Face; returns the last
/// step's loss, in nats per token.
///
/// # Errors
/// As [`language_model::pretrain`].
pub fn pretrain(config: &LanguageModelConfig, output: &Path) -> Result<f64, TrainError> {
    std::fs::create_dir_all(output).map_err(TrainError::file(output))?;
    let weights = output.join(".weights.tmp");
    let loss = language_model::pretrain(config, &weights)?;
    let tokenizer = ChatTokenizer::load(&config.tokenizer)?;
    let policy = Policy::random(tokenizer, config.architecture.clone(), 0)?;
    policy.params.set(&checkpoint::read_tensors(&weights, &Device::Cpu)?)?;
    policy.save(output, &config.tokenizer)?;
    std::fs::remove_file(&weights).map_err(TrainError::file(&weights))?;
    Ok(loss)
}

/// A policy in training.
#[derive(Debug)]
pub struct Policy {
    /// Its tokenizer and chat template.
    pub tokenizer: ChatTokenizer,
    /// Its shape.
    pub architecture: DecoderConfig,
    /// Its weights.
    pub params: Params,
    pub(super) network: CausalLm,
    pub(super) value: Option<Linear>,
    pub(super) pad: u32,
    pub(super) eos: u32,
}

/// A frozen copy of a policy, to measure divergence from.
#[derive(Debug)]
pub struct Reference {
    pub(super) network: CausalLm,
}

impl Policy {
    /// A policy of random weights.
    ///
    /// # Errors
    /// When the shape is impossible.
    pub fn random(
        tokenizer: ChatTokenizer,
        mut architecture: DecoderConfig,
        seed: u64,
    ) -> Result<Self, TrainError> {
        if architecture.vocab_size == 0 {
            architecture.vocab_size = tokenizer.vocabulary();
        }
        let mut params = Params::new(seed, &Device::Cpu);
        let network = CausalLm::new(&mut params, &architecture)?;
        let (pad, eos) = (tokenizer.pad()?, tokenizer.eos()?);
        Ok(Self { tokenizer, architecture, params, network, value: None, pad, eos })
    }

    /// Reads a directory with `config.json`, `model.safetensors` and a tokenizer.
    ///
    /// # Errors
    /// When a file is missing, or holds other tensors than its configuration says.
    pub fn load(directory: &Path) -> Result<Self, TrainError> {
        let tokenizer = ChatTokenizer::load(directory)?;
        let policy = Self::random(tokenizer, export::read_architecture(directory)?, 0)?;
        let weights = directory.join("model.safetensors");
        policy.params.set(&checkpoint::read_tensors(&weights, &Device::Cpu)?)?;
        Ok(policy)
    }

    /// Adds a value head, 0 everywhere.
    ///
    /// # Errors
    /// When there is one already.
    pub(super) fn add_value_head(&mut self) -> Result<(), TrainError> {
        let width = self.architecture.hidden_size;
        self.value = Some(Linear::new(&mut self.params, VALUE_HEAD, width, 1, 0.0)?);
        Ok(())
    }

    /// A view without history, which sees every change of the weights.
    #[must_use]
    pub fn frozen(&self) -> CausalLm {
        self.network.detached()
    }

    /// A frozen copy of the present weights.
    ///
    /// # Errors
    /// When memory runs out on a device.
    pub fn reference(&self) -> Result<Reference, TrainError> {
        let mut params = Params::new(0, &Device::Cpu);
        let network = CausalLm::new(&mut params, &self.architecture)?;
        params.set_known(&self.params.values())?;
        Ok(Reference { network: network.detached() })
    }

    /// Writes the layout of Hugging Face, without a value head. `tokenizer` is the directory with the
    /// tokenizer's files.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn save(&self, directory: &Path, tokenizer: &Path) -> Result<(), TrainError> {
        let mut tensors = self.params.values();
        tensors.retain(|name, _| !name.starts_with(VALUE_HEAD));
        export::export(
            directory,
            tokenizer,
            &self.tokenizer,
            (&self.architecture, Head::LanguageModel),
            &tensors,
            Storage::F32,
        )
    }
}
