"""Trainings for which many machines count: a container gathers and chooses, Spark counts, a container learns.

gather     the chosen events become files, and a model of some users settles how pairs of events are weighed
(Spark)    the step `reduce` of spark/job.py: ids, histories, popularity, pairs, what comes after what
assemble   the item-item matrix is solved from the counts, and the model is stored
"""
