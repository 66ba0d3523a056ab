# SPDX-FileCopyrightText: 2026 The slimming authors
# SPDX-License-Identifier: MIT
"""Detectors in the manner of YOLOv3, v5 and v8, written from their published descriptions: the blocks
that make their graphs special (C3, C2f, SPPF, path aggregation, decoding heads), at their real widths."""
import torch
from torch import nn


class Conv(nn.Sequential):
    def __init__(self, c_in, c_out, k=1, s=1, act=nn.SiLU):
        super().__init__(nn.Conv2d(c_in, c_out, k, s, k // 2, bias=False), nn.BatchNorm2d(c_out, eps=1e-3), act())


class Bottleneck(nn.Module):
    def __init__(self, c_in, c_out, shortcut=True, k=(1, 3), e=1.0, act=nn.SiLU):
        super().__init__()
        self.cv1 = Conv(c_in, int(c_out * e), k[0], act=act)
        self.cv2 = Conv(int(c_out * e), c_out, k[1], act=act)
        self.add = shortcut and c_in == c_out

    def forward(self, x):
        y = self.cv2(self.cv1(x))
        return x + y if self.add else y


class C3(nn.Module):
    def __init__(self, c_in, c_out, n=1, shortcut=True):
        super().__init__()
        hidden = c_out // 2
        self.cv1, self.cv2, self.cv3 = Conv(c_in, hidden), Conv(c_in, hidden), Conv(2 * hidden, c_out)
        self.m = nn.Sequential(*(Bottleneck(hidden, hidden, shortcut) for _ in range(n)))

    def forward(self, x):
        return self.cv3(torch.cat((self.m(self.cv1(x)), self.cv2(x)), 1))


class C2f(nn.Module):
    def __init__(self, c_in, c_out, n=1, shortcut=False):
        super().__init__()
        self.c = c_out // 2
        self.cv1, self.cv2 = Conv(c_in, 2 * self.c), Conv((2 + n) * self.c, c_out)
        self.m = nn.ModuleList(Bottleneck(self.c, self.c, shortcut, k=(3, 3)) for _ in range(n))

    def forward(self, x):
        y = list(self.cv1(x).chunk(2, 1))
        y.extend(m(y[-1]) for m in self.m)
        return self.cv2(torch.cat(y, 1))


class SPPF(nn.Module):
    def __init__(self, c_in, c_out, k=5):
        super().__init__()
        self.cv1, self.cv2 = Conv(c_in, c_in // 2), Conv(c_in * 2, c_out)
        self.m = nn.MaxPool2d(k, 1, k // 2)

    def forward(self, x):
        x = self.cv1(x)
        y1 = self.m(x)
        y2 = self.m(y1)
        return self.cv2(torch.cat((x, y1, y2, self.m(y2)), 1))


def grid_of(x):
    """Cell centres of a feature map, (1, 1, h, w, 2)."""
    h, w = x.shape[2:]
    y, x = torch.meshgrid(torch.arange(h).float(), torch.arange(w).float(), indexing="ij")
    return torch.stack((x, y), 2).view(1, 1, h, w, 2)


class AnchorHead(nn.Module):
    """Detect of v3 and v5: one convolution per scale, anchors, sigmoid decoding; (batch, boxes, 5 + classes)."""

    def __init__(self, widths, strides=(8, 16, 32), classes=80):
        super().__init__()
        self.no, self.strides = classes + 5, strides
        self.m = nn.ModuleList(nn.Conv2d(c, 3 * self.no, 1) for c in widths)
        self.register_buffer("anchors", torch.rand(len(widths), 1, 3, 1, 1, 2) * 50 + 10)

    def forward(self, features):
        z = []
        for i, (m, x) in enumerate(zip(self.m, features)):
            x = m(x)
            b, _, h, w = x.shape
            x = x.view(b, 3, self.no, h, w).permute(0, 1, 3, 4, 2).contiguous().sigmoid()
            xy, wh, conf = x.split((2, 2, self.no - 4), 4)
            xy = (xy * 2 + grid_of(m.weight.new_empty(1, 1, h, w)) - 0.5) * self.strides[i]
            wh = (wh * 2) ** 2 * self.anchors[i]
            z.append(torch.cat((xy, wh, conf), 4).view(b, -1, self.no))
        return torch.cat(z, 1)


class YOLOv3(nn.Module):
    """Darknet-53 (He-like residuals of 1x1 and 3x3), two top-down merges, three heads."""

    def __init__(self):
        super().__init__()
        act = lambda: nn.LeakyReLU(0.1)
        self.stem = Conv(3, 32, 3, act=act)
        stages, c = [], 32
        for n in (1, 2, 8, 8, 4):
            blocks = [Conv(c, 2 * c, 3, 2, act)]
            blocks += [Bottleneck(2 * c, 2 * c, e=0.5, act=act) for _ in range(n)]
            stages.append(nn.Sequential(*blocks))
            c *= 2
        self.stages = nn.ModuleList(stages)

        def neck(c_in, c_out):
            layers = []
            for _ in range(2):
                layers += [Conv(c_in, c_out, 1, act=act), Conv(c_out, 2 * c_out, 3, act=act)]
                c_in = 2 * c_out
            return nn.Sequential(*layers, Conv(c_in, c_out, 1, act=act))

        self.neck5, self.neck4, self.neck3 = neck(1024, 512), neck(768, 256), neck(384, 128)
        self.out = nn.ModuleList(Conv(c, 2 * c, 3, act=act) for c in (128, 256, 512))
        self.lateral = nn.ModuleList((Conv(256, 128, act=act), Conv(512, 256, act=act)))
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.detect = AnchorHead((256, 512, 1024))

    def forward(self, x):
        x = self.stem(x)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        p5 = self.neck5(features[4])
        p4 = self.neck4(torch.cat((self.up(self.lateral[1](p5)), features[3]), 1))
        p3 = self.neck3(torch.cat((self.up(self.lateral[0](p4)), features[2]), 1))
        return self.detect([out(p) for out, p in zip(self.out, (p3, p4, p5))])


class PathAggregation(nn.Module):
    """Top-down and bottom-up merges of three scales. v5 reduces before it merges, v8 does not."""

    def __init__(self, block, c3, c4, c5, n, reduce):
        super().__init__()
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.reduce5 = Conv(c5, c4) if reduce else nn.Identity()
        self.reduce4 = Conv(c4, c3) if reduce else nn.Identity()
        w5, w4 = (c4, c3) if reduce else (c5, c4)
        self.top4 = block(w5 + c4, c4, n, False)
        self.top3 = block(w4 + c3, c3, n, False)
        self.down3, self.down4 = Conv(c3, c3, 3, 2), Conv(c4, c4, 3, 2)
        self.bottom4 = block(c3 + w4, c4, n, False)
        self.bottom5 = block(c4 + w5, c5, n, False)

    def forward(self, p3, p4, p5):
        t5 = self.reduce5(p5)
        t4 = self.reduce4(self.top4(torch.cat((self.up(t5), p4), 1)))
        n3 = self.top3(torch.cat((self.up(t4), p3), 1))
        n4 = self.bottom4(torch.cat((self.down3(n3), t4), 1))
        return [n3, n4, self.bottom5(torch.cat((self.down4(n4), t5), 1))]


class YOLOv5s(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 6, 2, 2, bias=False), nn.BatchNorm2d(32, eps=1e-3), nn.SiLU())
        self.p2 = nn.Sequential(Conv(32, 64, 3, 2), C3(64, 64, 1))
        self.p3 = nn.Sequential(Conv(64, 128, 3, 2), C3(128, 128, 2))
        self.p4 = nn.Sequential(Conv(128, 256, 3, 2), C3(256, 256, 3))
        self.p5 = nn.Sequential(Conv(256, 512, 3, 2), C3(512, 512, 1), SPPF(512, 512))
        self.neck = PathAggregation(C3, 128, 256, 512, 1, True)
        self.detect = AnchorHead((128, 256, 512))

    def forward(self, x):
        p3 = self.p3(self.p2(self.stem(x)))
        p4 = self.p4(p3)
        return self.detect(self.neck(p3, p4, self.p5(p4)))


class DistributionHead(nn.Module):
    """Detect of v8: separate box and class branches, a box side is the mean of a softmax over 16 bins."""

    def __init__(self, widths, strides=(8, 16, 32), classes=80, bins=16):
        super().__init__()
        self.classes, self.bins, self.strides = classes, bins, strides
        c2, c3 = max(16, widths[0] // 4, bins * 4), max(widths[0], min(classes, 100))
        self.box = nn.ModuleList(
            nn.Sequential(Conv(c, c2, 3), Conv(c2, c2, 3), nn.Conv2d(c2, 4 * bins, 1)) for c in widths)
        self.cls = nn.ModuleList(
            nn.Sequential(Conv(c, c3, 3), Conv(c3, c3, 3), nn.Conv2d(c3, classes, 1)) for c in widths)
        self.dfl = nn.Conv2d(bins, 1, 1, bias=False)

    def forward(self, features):
        x = [torch.cat((b(f), c(f)), 1) for b, c, f in zip(self.box, self.cls, features)]
        centres = torch.cat([grid_of(f).view(-1, 2) + 0.5 for f in x]).t()[None]
        stride = torch.cat([torch.full((f.shape[2] * f.shape[3],), float(s)) for f, s in zip(x, self.strides)])
        x = torch.cat([f.flatten(2) for f in x], 2)
        box, cls = x.split((4 * self.bins, self.classes), 1)
        b, _, a = box.shape
        side = self.dfl(box.view(b, 4, self.bins, a).transpose(2, 1).softmax(1)).view(b, 4, a)
        lt, rb = side.chunk(2, 1)
        first, last = centres - lt, centres + rb
        return torch.cat((torch.cat(((first + last) / 2, last - first), 1) * stride, cls.sigmoid()), 1)


class YOLOv8n(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = Conv(3, 16, 3, 2)
        self.p2 = nn.Sequential(Conv(16, 32, 3, 2), C2f(32, 32, 1, True))
        self.p3 = nn.Sequential(Conv(32, 64, 3, 2), C2f(64, 64, 2, True))
        self.p4 = nn.Sequential(Conv(64, 128, 3, 2), C2f(128, 128, 2, True))
        self.p5 = nn.Sequential(Conv(128, 256, 3, 2), C2f(256, 256, 1, True), SPPF(256, 256))
        self.neck = PathAggregation(C2f, 64, 128, 256, 1, False)
        self.detect = DistributionHead((64, 128, 256))

    def forward(self, x):
        p3 = self.p3(self.p2(self.stem(x)))
        p4 = self.p4(p3)
        return self.detect(self.neck(p3, p4, self.p5(p4)))


NETWORKS = {"yolov3": YOLOv3, "yolov5s": YOLOv5s, "yolov8n": YOLOv8n}
