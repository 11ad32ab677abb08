"""Rules: the names of those by which baselines answer; what they do, `baselines` says."""

COPYING = ("last_item", "most_frequent_item")  # they behave, and predict just that
MODE = "mode"
NGRAMS = "ngrams"
NEAREST = "nearest"
LEARNT = (MODE, NGRAMS, NEAREST)  # from one subject; they only predict
OTHERS = "others"  # from several; it only predicts
RULES = (*COPYING, *LEARNT, OTHERS)
