"""Judgments: what the judge says of each behavior, where no rule can read a property.

needs  <results>/models/<judge>.json, <results>/behaviors/<subject>/<task>.parquet,
       <results>/prompts/<task>.parquet; prompts/judged/<property>.jsonl, labelled by hand
makes  <results>/judgments/<subject>/<task>.parquet, <results>/scores/examples.parquet; responses in
       the store
"""

# A study without judged properties has no judge, and no such stage.
if JUDGED:

    rule judge_behaviors:
        input:
            model=f"<results>/models/{study.judge}.json",
            behaviors=of_tasks("<results>/behaviors/{subject}/{task}.parquet", JUDGED),
            prompts=of_tasks("<results>/prompts/{task}.parquet", JUDGED),
            code=code("judge_behaviors.py"),
        output:
            judgments=of_tasks("<results>/judgments/{subject}/{task}.parquet", JUDGED),
        log:
            "<results>/logs/judgments/{subject}.log",
        localrule: study.judge in ELSEWHERE
        conda:
            environment(study.judge)
        resources:
            openai=asks("openai", study.judge),
            together=asks("together", study.judge),
            budget=pays(study.judge),
            gpu=gpus(study.judge),
            gpu_model=gpu_model(study.judge),
            mem_mb=lambda wildcards, attempt: memory_mb(study.judge, attempt),
            runtime=minutes(study.judge),
        params:
            properties=JUDGED,
            sampling=study.sampling_of(study.judge, "judgments"),
            store=config["store"],
            prices=config["prices"],
            budget=config.get("budget"),
        script:
            "../scripts/judge_behaviors.py"

    rule judge_examples:
        input:
            model=f"<results>/models/{study.judge}.json",
            by_hand=examples_of(study),
            code=code("judge_examples.py"),
        output:
            examples="<results>/scores/examples.parquet",
        log:
            "<results>/logs/examples.log",
        localrule: study.judge in ELSEWHERE
        conda:
            environment(study.judge)
        resources:
            openai=asks("openai", study.judge),
            together=asks("together", study.judge),
            budget=pays(study.judge),
            gpu=gpus(study.judge),
            gpu_model=gpu_model(study.judge),
            mem_mb=lambda wildcards, attempt: memory_mb(study.judge, attempt),
            runtime=minutes(study.judge),
        params:
            sampling=study.sampling_of(study.judge, "judgments"),
            store=config["store"],
            prices=config["prices"],
            budget=config.get("budget"),
            note=study.note,
        script:
            "../scripts/judge_examples.py"
