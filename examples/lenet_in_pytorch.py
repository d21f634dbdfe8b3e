"""The training of lenet.py in plain PyTorch, from the same weights: what its figures are to be held against."""

import argparse
import time

import numpy
import torch
from lenet import BATCH_SIZE, PEAK_RATE, lenet, moved

import nn


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", metavar="DIR", help="folder with MNIST's four IDX files, gzipped or not")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()

    start = time.perf_counter()
    rng = numpy.random.default_rng(options.seed)
    train_images, train_labels, test_images, test_labels = nn.load_mnist(options.data)
    model = lenet(torch.nn)
    model.load_state_dict({name: torch.asarray(x) for name, x in lenet(nn, rng=rng, xp=numpy).state_dict().items()})
    train = nn.DataLoader(
        (train_images[:, None], train_labels), batch_size=BATCH_SIZE, shuffle=True, rng=rng, transform=moved
    )
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, PEAK_RATE, options.epochs * len(train), cycle_momentum=False
    )
    for epoch in range(1, options.epochs + 1):
        total = 0.0
        for images, labels in train:
            loss = torch.nn.functional.cross_entropy(model(torch.asarray(images)), torch.asarray(labels))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(labels)
        print(f"epoch {epoch}/{options.epochs}  loss {total / len(train_labels):.4f}")

    with torch.no_grad():
        predicted = model(torch.asarray(test_images[:, None])).argmax(dim=1).numpy()
    accuracy = (predicted == test_labels).mean()
    print(f"accuracy {accuracy:.2%} on new images, in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
