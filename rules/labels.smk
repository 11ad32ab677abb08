"""Labels: the properties of each behavior, read once from the raw response.

needs  <results>/behaviors/<subject>/<task>.parquet, <results>/prompts/<task>.parquet; for judged
       properties <results>/judgments/<subject>/<task>.parquet
makes  <results>/labels/<subject>/<task>.parquet
"""


localrules:
    read_labels,


rule read_labels:
    input:
        behaviors=of_tasks("<results>/behaviors/{subject}/{task}.parquet"),
        prompts=of_tasks("<results>/prompts/{task}.parquet"),
        judgments=collect("<results>/judgments/{{subject}}/{task}.parquet", task=JUDGED),
        code=code("read_labels.py"),
    output:
        labels=of_tasks("<results>/labels/{subject}/{task}.parquet"),
    log:
        "<results>/logs/labels/{subject}.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        properties=PROPERTIES,
    script:
        "../scripts/read_labels.py"
