"""The baseline of semi-supervised learning: the same critic, trained on the labelled images alone."""

from ccgan_plugin.terms import class_cross_entropy
from zoo_core import Batch, Classifier, Discriminator, Fake, Generator, Loss, StepRandom, Term, Terms


class ClassOnly(Loss[Fake]):
    """Class term on labelled images alone, without adversarial terms; the generator is not trained.

    A semi-supervised method has to be better than this, with the same critic, augmentation and number of steps.

    Example:
        >>> ClassOnly().needs_labels
        True
    """

    discriminator_needs = (Classifier,)
    needs_labels = True
    has_supervised_step = True

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Fake:
        """Returns the real images: nothing is generated."""
        return Fake(batch.images)

    def discriminator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """No terms."""
        return {}

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """No terms."""
        return {}

    def supervised_terms(self, discriminator: Discriminator, batch: Batch, random: StepRandom) -> Terms:
        """The classes of the labelled images."""
        assert isinstance(discriminator, Classifier)
        return {"aux": Term(class_cross_entropy(discriminator.classify(batch.images), batch.labels))}
