"""Glue for trainers, a file each: `trl_reward`, `verl_reward`, `openrlhf_reward`, `nemo_rl_env`.

They read `ASSAY_URL` and `ASSAY_API_KEY`, and import nothing of their trainer before it does.
"""
