//! LAION's aesthetic predictor: five linear maps in a row on an image's unit vector.
//!
//! Schuhmann 2022, *LAION-Aesthetics*: `sac+logos+ava1`, for ViT-L/14. It was trained with nothing but
//! dropout between the maps, so it is linear. Published as a pickle; here `aesthetic.safetensors` with
//! the same names.

use candle_core::{DType, Device};

use crate::model::{Layout, LoadError, Weights};

const FILE: &str = "aesthetic.safetensors";
/// The places of the linear maps: the others were dropout.
const LAYERS: [&str; 5] = ["layers.0", "layers.2", "layers.4", "layers.6", "layers.7"];

/// A linear map: one row of weights per output, and biases.
#[derive(Debug)]
struct Map {
    rows: Vec<Vec<f32>>,
    biases: Vec<f32>,
}

/// The head.
#[derive(Debug)]
pub(super) struct AestheticHead(Vec<Map>);

impl AestheticHead {
    /// The head, if its file is there. It must read `width` numbers and give one.
    pub(super) fn load(layout: &Layout, width: usize) -> Result<Option<Self>, LoadError> {
        let there = layout.open(FILE).map_err(|error| LoadError::unreadable(FILE, &error))?;
        if there.is_none() {
            return Ok(None);
        }
        let weights = Weights::open_file(layout, FILE, DType::F32, &Device::Cpu)?;
        let mut input = width;
        let mut maps = Vec::new();
        for name in LAYERS {
            let weight = format!("{name}.weight");
            let output = weights.shape(&weight).and_then(|shape| shape.first().copied());
            let output = output.unwrap_or(1);
            let rows = weights.get_f32(&weight, &[output, input])?.to_vec2()?;
            let biases = weights.get_f32(&format!("{name}.bias"), &[output])?.to_vec1()?;
            maps.push(Map { rows, biases });
            input = output;
        }
        if input != 1 {
            let reason = format!("the head gives {input} numbers, not one");
            return Err(LoadError::Config { file: FILE, reason });
        }
        weights.finish()?;
        Ok(Some(Self(maps)))
    }

    /// The score of a unit vector; about 1 to 10 for the published head.
    pub(super) fn score(&self, vector: &[f32]) -> f32 {
        let out = self.0.iter().fold(vector.to_vec(), |x, map| map.of(&x));
        out.first().copied().unwrap_or(f32::NAN)
    }
}

impl Map {
    fn of(&self, x: &[f32]) -> Vec<f32> {
        let outputs = self.rows.iter().zip(&self.biases);
        outputs
            .map(|(row, bias)| row.iter().zip(x).map(|(weight, x)| weight * x).sum::<f32>() + bias)
            .collect()
    }
}
