//! Self-attention with grouped queries (Ainslie et al. 2023).

use candle_core::{D, Tensor};

use super::{Linear, Params, Rope, softmax};
use crate::train::TrainError;

/// Self-attention in which `heads / kv_heads` query heads share one head of keys and values.
#[derive(Clone, Debug)]
pub struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    heads: usize,
    kv_heads: usize,
    head: usize,
}

impl Attention {
    /// A layer of `width` numbers; `heads` divides `width`, `kv_heads` divides `heads`.
    ///
    /// # Errors
    /// When a name under `name` is taken, or the numbers do not divide.
    pub fn new(
        params: &mut Params,
        name: &str,
        width: usize,
        (heads, kv_heads): (usize, usize),
        std: f64,
    ) -> Result<Self, TrainError> {
        if heads == 0
            || kv_heads == 0
            || !width.is_multiple_of(heads)
            || !heads.is_multiple_of(kv_heads)
        {
            return Err(TrainError::Config(format!(
                "{heads} heads and {kv_heads} key-value heads do not divide a width of {width}"
            )));
        }
        let head = width / heads;
        let mut linear = |part: &str, inputs, outputs| {
            Linear::new(params, &format!("{name}.{part}"), inputs, outputs, std)
        };
        Ok(Self {
            query: linear("q_proj", width, width)?,
            key: linear("k_proj", width, kv_heads * head)?,
            value: linear("v_proj", width, kv_heads * head)?,
            output: linear("o_proj", width, width)?,
            heads,
            kv_heads,
            head,
        })
    }

    /// A layer with as many heads of keys as of queries and with biases, as encoders have it; its output
    /// is named `out_proj`.
    ///
    /// # Errors
    /// When a name under `name` is taken, or `heads` does not divide `width`.
    pub fn biased(
        params: &mut Params,
        name: &str,
        width: usize,
        heads: usize,
        std: f64,
    ) -> Result<Self, TrainError> {
        if heads == 0 || !width.is_multiple_of(heads) {
            return Err(TrainError::Config(format!("{heads} heads do not divide {width}")));
        }
        let mut linear =
            |part: &str| Linear::biased(params, &format!("{name}.{part}"), width, width, std);
        Ok(Self {
            query: linear("q_proj")?,
            key: linear("k_proj")?,
            value: linear("v_proj")?,
            output: linear("out_proj")?,
            heads,
            kv_heads: heads,
            head: width / heads,
        })
    }

    /// The same weights without history.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self {
            query: self.query.detached(),
            key: self.key.detached(),
            value: self.value.detached(),
            output: self.output.detached(),
            ..*self
        }
    }

    /// `[batch, time, width]` to the same shape. `mask`, if any, broadcasts to `[batch, heads, time, time]`;
    /// `rope` is absent where positions are learned.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(
        &self,
        x: &Tensor,
        mask: Option<&Tensor>,
        rope: Option<&Rope>,
    ) -> Result<Tensor, TrainError> {
        let (mut query, mut key, value) = self.project(x)?;
        if let Some(rope) = rope {
            (query, key) = (rope.forward(&query)?, rope.forward(&key)?);
        }
        self.attend(&query, &key, &value, mask)
    }

    /// `[batch, new, width]` to the same shape: tokens that follow those whose keys and values the
    /// cache holds, to which theirs are added. `mask` broadcasts to `[batch, heads, new, all]`.
    ///
    /// # Errors
    /// When the shapes do not fit, or a position is beyond the last.
    pub fn extend(
        &self,
        x: &Tensor,
        mask: &Tensor,
        rope: &Rope,
        cache: &mut KvCache,
    ) -> Result<Tensor, TrainError> {
        let (query, key, value) = self.project(x)?;
        let first = cache.tokens()?;
        let (query, key) = (rope.turn(&query, first)?, rope.turn(&key, first)?);
        let (keys, values) = match cache.0.take() {
            None => (key, value),
            Some((keys, values)) => {
                (Tensor::cat(&[&keys, &key], 2)?, Tensor::cat(&[&values, &value], 2)?)
            }
        };
        let mixed = self.attend(&query, &keys, &values, Some(mask))?;
        cache.0 = Some((keys, values));
        Ok(mixed)
    }

    /// Query, key and value, each `[batch, its heads, time, head]`.
    fn project(&self, x: &Tensor) -> Result<(Tensor, Tensor, Tensor), TrainError> {
        let (batch, time, _) = x.dims3()?;
        let split = |projected: Tensor, heads| -> Result<Tensor, TrainError> {
            let split = projected.reshape((batch, time, heads, self.head))?.transpose(1, 2)?;
            Ok(split.contiguous()?)
        };
        Ok((
            split(self.query.forward(x)?, self.heads)?,
            split(self.key.forward(x)?, self.kv_heads)?,
            split(self.value.forward(x)?, self.kv_heads)?,
        ))
    }

    fn attend(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        mask: Option<&Tensor>,
    ) -> Result<Tensor, TrainError> {
        let (batch, _, time, _) = query.dims4()?;
        let seen = key.dim(2)?;
        // Query heads that share a key head are stacked in time: no key is copied.
        let rows = self.heads / self.kv_heads * time;
        #[expect(clippy::cast_precision_loss, reason = "a head's width is small")]
        let scale = (self.head as f64).sqrt().recip();
        let query = (query.reshape((batch, self.kv_heads, rows, self.head))? * scale)?;
        let scores = query.matmul(&key.transpose(D::Minus2, D::Minus1)?)?;
        let mut scores = scores.reshape((batch, self.heads, time, seen))?;
        if let Some(mask) = mask {
            scores = scores.broadcast_add(mask)?;
        }
        let weights = softmax(&scores)?.reshape((batch, self.kv_heads, rows, seen))?;
        let mixed = weights.matmul(value)?.reshape((batch, self.heads, time, self.head))?;
        let width = self.heads * self.head;
        self.output.forward(&mixed.transpose(1, 2)?.reshape((batch, time, width))?)
    }
}

/// Keys (already turned by their positions) and values of the tokens so far, each
/// `[batch, kv heads, tokens, head]`.
#[derive(Clone, Debug, Default)]
pub struct KvCache(Option<(Tensor, Tensor)>);

impl KvCache {
    fn tokens(&self) -> Result<usize, TrainError> {
        Ok(self.0.as_ref().map_or(Ok(0), |(keys, _)| keys.dim(2))?)
    }
}
