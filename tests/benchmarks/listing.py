"""A published listing of CC-GAN, rewritten, with only those faults fixed that prevent it from running.

docs/method.md lists its 24 faults by number. Faults 1 to 6 are fixed here, because they stop it. The others remain,
because they determine its speed and its quality: losses on masked images, a NumPy loop over masks, three forward passes
of the critic that all collect gradients, eps = 0.8, probabilities as input of the cross-entropy. Sizes are arguments.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Options:
    """The listing's `opt` (fault 6: the listing does not define it).

    Attributes:
        img_size: Height and width of images.
        channels: 1 or 3.
        n_classes: Number of classes.
        width: Channels of the first stage of both networks; 64 in the listing.
        lr: Learning rate of both Adam optimisers, which the listing does not define; that of the paper's code.
        b1: Adam's decay of the first moment; likewise.
    """

    img_size: int = 32
    channels: int = 3
    n_classes: int = 10
    width: int = 64
    lr: float = 2e-4
    b1: float = 0.5

    @property
    def mask_size(self) -> int:
        """Side of the mask: half of the image, as in the paper."""
        return self.img_size // 2


class Generator(nn.Module):
    def __init__(self, channels: int = 3, width: int = 64) -> None:
        super().__init__()

        def downsample(in_feat: int, out_feat: int, normalize: bool = True) -> list[nn.Module]:
            layers: list[nn.Module] = [nn.Conv2d(in_feat, out_feat, 4, stride=2, padding=1)]
            if normalize:
                layers.append(nn.BatchNorm2d(out_feat, 0.8))
            layers.append(nn.LeakyReLU(0.2))
            return layers

        def upsample(in_feat: int, out_feat: int, normalize: bool = True) -> list[nn.Module]:
            layers: list[nn.Module] = [nn.ConvTranspose2d(in_feat, out_feat, 4, stride=2, padding=1)]
            if normalize:
                layers.append(nn.BatchNorm2d(out_feat, 0.8))
            layers.append(nn.ReLU())
            return layers

        self.model = nn.Sequential(
            *downsample(channels, width, normalize=False),
            *downsample(width, 2 * width),
            *downsample(2 * width, 4 * width),
            *downsample(4 * width, 8 * width),
            *upsample(8 * width, 4 * width),
            *upsample(4 * width, 2 * width),
            *upsample(2 * width, width),
            # Fault 1: Conv2d here returns images of a quarter of the size, which the loss and the critic do not accept.
            nn.ConvTranspose2d(width, channels, 4, 2, 1),
            nn.Tanh(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class Discriminator(nn.Module):
    def __init__(self, input_shape: tuple[int, int, int], n_classes: int, width: int = 64) -> None:
        super().__init__()
        channels, height, img_width = input_shape
        patch_h, patch_w = int(height / 2**5), int(img_width / 2**5)

        def discriminator_block(in_filters: int, out_filters: int, num_convs: int, normalize: bool) -> list[nn.Module]:
            layers: list[nn.Module] = []
            for _ in range(num_convs):
                layers.append(nn.Conv2d(in_filters, out_filters, 3, 1, 1))
                if normalize:
                    layers.append(nn.InstanceNorm2d(out_filters))
                layers.append(nn.LeakyReLU(0.2, inplace=True))
                in_filters = out_filters
            layers.append(nn.MaxPool2d(2))
            return layers

        layers: list[nn.Module] = []
        in_filters = channels
        for factor, num_convs, normalize in [(1, 1, False), (2, 1, True), (4, 2, True), (8, 2, True), (8, 2, True)]:
            out_filters = factor * width
            # Fault 2: the listing passes `stride`, which is undefined.
            layers.extend(discriminator_block(in_filters, out_filters, num_convs, normalize))
            in_filters = out_filters
        layers.append(nn.Conv2d(out_filters, 1, 3, 1, 1))
        self.model = nn.Sequential(*layers)
        self.adv_layer = nn.Sequential(nn.Linear(patch_h * patch_w, 1), nn.Sigmoid())
        # The dimension is the one that Softmax chooses by default, with a warning.
        self.aux_layer = nn.Sequential(nn.Linear(patch_h * patch_w, n_classes), nn.Softmax(dim=1))

    def forward(self, img: Tensor) -> tuple[Tensor, Tensor]:
        out = self.model(img)
        validity = self.adv_layer(out.view(out.size(0), -1))
        label = self.aux_layer(out.view(out.size(0), -1))
        return validity, label


class Listing:
    """The listing's training loop, one step at a time, on the CPU.

    Args:
        opt: Sizes and rates.
    """

    def __init__(self, opt: Options) -> None:
        self.opt = opt
        self.generator = Generator(opt.channels, opt.width)
        shape = (opt.channels, opt.img_size, opt.img_size)
        self.discriminator = Discriminator(shape, opt.n_classes, opt.width)
        # Fault 6: the listing does not define the optimisers.
        self.optimizer_G = torch.optim.Adam(self.generator.parameters(), lr=opt.lr, betas=(opt.b1, 0.999))
        self.optimizer_D = torch.optim.Adam(self.discriminator.parameters(), lr=opt.lr, betas=(opt.b1, 0.999))
        self.pixelwise_loss = nn.MSELoss()  # Fault 3: nn.L2Loss does not exist.
        self.adversarial_loss = nn.BCELoss()
        # Fault 12: the listing needs a label for every image; `ignore_index` lets it train on unlabelled ones.
        self.auxiliary_loss = nn.CrossEntropyLoss(ignore_index=-1)

    def apply_random_mask(self, imgs: Tensor) -> Tensor:
        idx = np.random.randint(0, self.opt.img_size - self.opt.mask_size, (imgs.shape[0], 2))
        masked_imgs = imgs.clone()
        for i, (y1, x1) in enumerate(idx):
            y2, x2 = y1 + self.opt.mask_size, x1 + self.opt.mask_size
            masked_imgs[i, :, y1:y2, x1:x2] = -1
        return masked_imgs

    def train(self, imgs: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Runs the body of the listing's loop once.

        Args:
            imgs: (N, C, H, W) in [-1, 1].
            labels: (N,), -1 for unlabelled images; at least one image must be labelled.

        Returns:
            Both losses by name.
        """
        valid = torch.ones(imgs.shape[0], 1).requires_grad_(False)
        fake = torch.zeros(imgs.shape[0], 1).requires_grad_(False)
        masked_imgs = self.apply_random_mask(imgs)
        gen_imgs = self.generator(masked_imgs)
        # Fault 4: gen_labels is undefined; a generated image can only have the label of its source.
        gen_labels = labels

        self.optimizer_D.zero_grad()
        real_pred, real_aux = self.discriminator(masked_imgs)
        d_real_loss = (self.adversarial_loss(real_pred, valid) + self.auxiliary_loss(real_aux, labels)) / 2
        fake_pred, fake_aux = self.discriminator(gen_imgs.detach())
        d_fake_loss = (self.adversarial_loss(fake_pred, fake) + self.auxiliary_loss(fake_aux, gen_labels)) / 2
        d_loss = (d_real_loss + d_fake_loss) / 2
        d_loss.backward()
        self.optimizer_D.step()

        self.optimizer_G.zero_grad()
        validity, pred_label = self.discriminator(gen_imgs)
        g_loss = 0.5 * (self.adversarial_loss(validity, valid) + self.auxiliary_loss(pred_label, gen_labels))
        # Fault 5: if it is computed once before the loop, its graph is freed after the first step.
        g_loss = g_loss + self.pixelwise_loss(gen_imgs, masked_imgs)
        g_loss.backward()
        self.optimizer_G.step()
        return {"discriminator": d_loss.detach(), "generator": g_loss.detach()}
