"""The baseline of semi-supervised learning: the same critic, taught by the labelled images alone."""

from ccgan_plugin.terms import class_cross_entropy
from zoo_core import Batch, Classifier, Discriminator, Fake, Generator, Loss, StepRandom, Term, Terms


class ClassOnly(Loss[Fake]):
    """Class term on labelled images alone: no game, the generator stays as it was drawn.

    What a semi-supervised method has to beat with the same critic, augmentation and number of steps.
    """

    discriminator_needs = (Classifier,)
    needs_labels = True
    has_supervised_step = True

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Fake:
        """Makes nothing: hands the real images on."""
        return Fake(batch.images)

    def discriminator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """None: nothing is told from real images."""
        return {}

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """None: the generator does not learn."""
        return {}

    def supervised_terms(self, discriminator: Discriminator, batch: Batch, random: StepRandom) -> Terms:
        """The classes of the labelled images."""
        assert isinstance(discriminator, Classifier)
        return {"aux": Term(class_cross_entropy(discriminator.classify(batch.images), batch.labels))}
