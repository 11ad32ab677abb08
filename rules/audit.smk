"""Audit: what the study's ledger and tables say, for people and for other programs.

needs  prompts, labels, scores, figures and the headline; the ledger, as it is; the store
makes  <results>/audit/: index.html, ledger.parquet, label-health.parquet, overlaps.parquet,
       {rules,jobs}.{mmd,svg}, ro-crate-metadata.json, croissant.json
"""


# Nothing is declared as output, so the audit runs whenever it is asked for, and is not on record: what it
# reads, the ledger, is volatile and no input either, and what it writes is never a part of the study.
localrules:
    audit,


rule audit:
    input:
        prompts=of_tasks("<results>/prompts/{task}.parquet"),
        labels=collect(
            "<results>/labels/{subject}/{task}.parquet",
            subject=study.targets,
            task=study.tasks,
        ),
        scores=collect("<results>/scores/{table}.parquet", table=SCORES),
        figures=[
            *collect(
                "<results>/figures/{figure}.{form}",
                figure=PICTURES,
                form=["html", "svg"],
            ),
            "<results>/headline.txt",
        ],
        workflow=["Snakefile", *workflow_files()],
        code=code("audit.py"),
    log:
        "<results>/logs/audit.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        study=study.name,
        title=study.title,
        store=config["store"],
    script:
        "../scripts/audit.py"
