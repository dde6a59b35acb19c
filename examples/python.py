#!/usr/bin/env python3
"""Makes codes for a product and saves them as CSV. Needs Python 3.8 or newer and nothing else.

    export CODEMINT_URL=http://127.0.0.1:3000 CODEMINT_TOKEN=…
    python3 examples/python.py /01/09312345551927 1000 codes.csv
"""

import json
import os
import shutil
import sys
import time
import urllib.error
import urllib.request


def call(path, body=None):
    """Calls the API: a GET, or with a body a POST. What it refuses is raised with its own words."""
    request = urllib.request.Request(
        os.environ["CODEMINT_URL"] + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {os.environ['CODEMINT_TOKEN']}",
            "Content-Type": "application/json",
        },
    )
    try:
        return urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        try:
            error.msg = " ".join(one["message"] for one in json.load(error)["errors"])
        except (ValueError, KeyError, TypeError):
            pass  # It comes from something in between, and has no envelope.
        raise


def read(path):
    """Reads: may be repeated, so what passes (429, 503, a lost connection) is tried again."""
    for attempt in range(1, 6):
        try:
            return call(path)
        except urllib.error.URLError as error:
            may_pass = getattr(error, "code", 503) in (429, 503)
            if not may_pass or attempt == 5:
                raise
            time.sleep(attempt)


def wait_for_job(path):
    while True:
        with read(path) as answer:
            job = json.load(answer)["data"]
        print(f"{job['status']}: {job['quantity_created'] or 0} of {job['quantity']} codes", file=sys.stderr)
        if job["status"] == "complete":
            return
        if job["status"] == "error":
            sys.exit(f"The job failed: {job['error_message']}")
        time.sleep(1)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: python.py <product id> <quantity> [file]")
    product, quantity, file = (sys.argv[1:] + ["codes.csv"])[:3]
    for name in ("CODEMINT_URL", "CODEMINT_TOKEN"):
        if not os.environ.get(name):
            sys.exit(f"{name} has to be set.")

    # 1. Ask for the codes. The job is accepted or refused as a whole.
    body = {"type": "sgtin", "product": product, "quantity": quantity, "length": 8}
    with call("/items/identifier_job?fields=id", body) as answer:
        path = f"/items/identifier_job/{json.load(answer)['data']['id']}"

    # 2. Wait for them.
    wait_for_job(path)

    # 3. Fetch them. The file has its name when it is whole.
    with read(f"{path}/codes.csv") as codes, open(f"{file}.part", "wb") as part:
        shutil.copyfileobj(codes, part)
    os.replace(f"{file}.part", file)
    print(file)


if __name__ == "__main__":
    try:
        main()
    except urllib.error.URLError as error:
        sys.exit(str(error))
