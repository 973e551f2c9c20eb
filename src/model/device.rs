//! Where models are computed, in what type, and what becomes of the devices' failures.

use candle_core::{DType as Precision, Device};

use super::{DType, DeviceChoice, LoadError, ModelOptions};

/// What device libraries say, in whatever words, when memory is short.
const EXHAUSTED: [&str; 3] = ["out of memory", "OUT_OF_MEMORY", "ALLOC_FAILED"];

/// A forward pass that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForwardError {
    /// The device has not the memory for this batch; it may have for a smaller one.
    #[error("the device is out of memory: {0}")]
    OutOfMemory(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl From<candle_core::Error> for ForwardError {
    fn from(error: candle_core::Error) -> Self {
        let text = said(&error);
        if EXHAUSTED.iter().any(|words| text.contains(words)) {
            Self::OutOfMemory(text)
        } else {
            Self::Failed(text)
        }
    }
}

impl ModelOptions {
    /// The devices of the model's replicas, one each.
    ///
    /// # Errors
    /// Without CUDA in this build, or with fewer GPUs than are asked for.
    pub(super) fn devices(&self) -> Result<Vec<Device>, LoadError> {
        let replicas = self.replicas.map_or(1, usize::from);
        let gpus = |first: usize| (first..first + replicas).map(gpu).collect();
        let cpus = || vec![Device::Cpu; replicas];
        match self.device {
            DeviceChoice::Cpu => Ok(cpus()),
            DeviceChoice::Cuda(first) => gpus(first),
            DeviceChoice::Auto if gpu(0).is_ok() => gpus(0),
            DeviceChoice::Auto => Ok(cpus()),
        }
    }
}

fn gpu(number: usize) -> Result<Device, LoadError> {
    if !candle_core::utils::cuda_is_available() {
        return Err(LoadError::NoCuda);
    }
    Device::new_cuda(number).map_err(|error| LoadError::NoGpu { number, reason: said(&error) })
}

/// What went wrong, without where: the library may append a backtrace.
fn said(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// What a device is called: `cpu` or `cuda`.
pub(super) fn named(device: &Device) -> &'static str {
    if device.is_cpu() { "cpu" } else { "cuda" }
}

/// The type to compute in, and its name.
pub(super) fn precision(
    choice: DType,
    device: &Device,
) -> Result<(Precision, &'static str), LoadError> {
    match (choice, device.is_cpu()) {
        (DType::F32, _) | (DType::Auto, true) => Ok((Precision::F32, "f32")),
        (DType::Bf16 | DType::Auto, false) => Ok((Precision::BF16, "bf16")),
        (DType::F16, false) => Ok((Precision::F16, "f16")),
        (DType::F16 | DType::Bf16, true) => Err(LoadError::option(
            "dtype",
            "a CPU computes in f32: `dtype` must be \"auto\" or \"f32\" there (the checkpoint may \
             be stored in any type)",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    #[test]
    fn a_shortage_of_memory_is_told_from_other_failures() {
        for (text, short) in [
            ("DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")", true),
            ("CublasError(CUBLAS_STATUS_ALLOC_FAILED)", true),
            ("DriverError(CUDA_ERROR_ILLEGAL_ADDRESS, \"an illegal memory access\")", false),
            ("shape mismatch in matmul", false),
        ] {
            let traced = candle_core::Error::Msg(format!("{text}\n   0: main\n   1: _start"));
            let error = ForwardError::from(traced);
            assert!(error.to_string().ends_with(text), "{error}");
            assert_eq!(matches!(error, ForwardError::OutOfMemory(_)), short, "{text}");
        }
    }

    #[test]
    fn every_replica_has_a_device() {
        let options = |device, replicas| ModelOptions {
            device,
            replicas: NonZeroUsize::new(replicas),
            ..ModelOptions::default()
        };
        assert_eq!(options(DeviceChoice::Cpu, 3).devices().unwrap().len(), 3);
        assert_eq!(options(DeviceChoice::Cpu, 0).devices().unwrap().len(), 1);
        if !candle_core::utils::cuda_is_available() {
            let error = options(DeviceChoice::Cuda(1), 2).devices().unwrap_err();
            assert!(error.to_string().contains("--features cuda"), "{error}");
            assert!(options(DeviceChoice::Auto, 2).devices().unwrap().iter().all(Device::is_cpu));
        }
    }
}
