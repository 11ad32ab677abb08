"""Figures: charts of the score tables, as pages that need nothing from the web, and as SVG.

needs  <results>/scores/{accuracy,advantage,pairs,similarity}.parquet; the table of an experiment
       where a figure shows one
makes  <results>/figures/<figure>.html, <figure>.svg
"""


localrules:
    draw_figure,
    draw_similarity,


rule draw_figure:
    input:
        accuracy="<results>/scores/accuracy.parquet",
        advantage="<results>/scores/advantage.parquet",
        experiment=lambda wildcards: drawn_from(wildcards.figure),
        code=code("draw_figure.py"),
    output:
        page="<results>/figures/{figure}.html",
        picture="<results>/figures/{figure}.svg",
    log:
        "<results>/logs/figures/{figure}.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        figure="{figure}",
        study=study.title,
        wrapper=study.wrappers[0],
        self_trained=study.self_trained,
    script:
        "../scripts/draw_figure.py"


rule draw_similarity:
    input:
        pairs="<results>/scores/pairs.parquet",
        similarity="<results>/scores/similarity.parquet",
        code=code("draw_similarity.py"),
    output:
        page="<results>/figures/similarity.html",
        picture="<results>/figures/similarity.svg",
    log:
        "<results>/logs/figures/similarity.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        study=study.title,
        wrapper=study.wrappers[0],
    script:
        "../scripts/draw_similarity.py"
