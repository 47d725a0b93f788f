"""What operators offer and staff decide about before customers see it."""

from django.db import models

from operators.states import ReviewState


class Submission(models.Model):
    """The columns of a photo, of a text of the profile, and of whatever else waits for staff. The services of each write it."""

    state = models.CharField(max_length=8, choices=ReviewState.choices)
    offered_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)  # why it was refused

    class Meta:
        abstract = True
