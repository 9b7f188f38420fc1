#!/usr/bin/env python3
"""A server that answers as the Human Protein Atlas does, lies and all, to try hpaflow on by hand.

    python3 bench/atlas.py serve [--port 8025]
    hpaflow run configs/hpa.flow --set genes=ENSG00000134057,ENSG00000000003 \\
      --set gene_url=http://127.0.0.1:8025/{gene}.xml --set base_url=http://127.0.0.1:8025/

    python3 bench/atlas.py xml --mb 1000 > proteinatlas.xml     # an XML of that size, of made genes

It needs Pillow and NumPy. What it serves under each name is the same each time:

    /ENSG...XML          three antibodies: one as usual, one whose files have marks, one withdrawn
    NUM/..._COLOUR.tif.gz of 16 bits, without the mark; of antibody 7 with it; of withdrawn ones a redirect to a 400
    NUM/..._COLOUR.jpg    of 8 bits in colours, with the mark; what is not there is a page, with 200
    faults                every fifth file breaks off, stalls, has a wrong length, is twice in gzip, or is answered
                          by 429 or 503 with Retry-After, the first time it is asked for; ranges are ignored
"""
import argparse
import gzip
import io
import re
import struct
import sys
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COLOURS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "yellow": (1, 1, 0)}
MARK = "_cr5af971a263864"
SIDE = 512


def plane(name):
    """Blurred spots, 16 bits, drawn from the name."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(zlib.crc32(name.encode()))
    small = random.integers(0, 65536, (SIDE // 16, SIDE // 16)).astype(np.float32)
    big = np.asarray(Image.fromarray(small).resize((SIDE, SIDE), Image.BICUBIC))
    return np.clip(big + random.normal(0, 300, big.shape), 0, 65535).astype(np.uint16)


def tiff(name):
    """A grey TIFF of 16 bits, in one strip."""
    pixels = plane(name).astype("<u2").tobytes()
    tags = [(256, 3, 1, SIDE), (257, 3, 1, SIDE), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
            (277, 3, 1, 1), (278, 3, 1, SIDE), (279, 4, 1, len(pixels))]
    head = struct.pack("<2sHI", b"II", 42, 8 + len(pixels)) + pixels + struct.pack("<H", len(tags))
    return head + b"".join(struct.pack("<HHI", *t[:3]) + struct.pack("<I", t[3]) for t in tags) + struct.pack("<I", 0)


def jpeg(name, colour):
    import numpy as np
    from PIL import Image

    eight = (plane(name) >> 8).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(np.stack([eight * on for on in COLOURS[colour]], -1).astype(np.uint8)).save(out, "JPEG", quality=90)
    return out.getvalue()


def entry(gene, fields=3):
    """The XML of a gene, with what hpaflow reads and some of what it passes over."""
    number = int(gene[4:]) % 90000 + 100
    lines = [f'<entry version="25" url="https://www.proteinatlas.org/{gene}"><name>G{number}</name>',
             f'<identifier id="{gene}" db="Ensembl" version="109"/>',
             '<cellExpression source="HPA" technology="ICC/IF"><summary><![CDATA[Localized to the <cytosol> & more.]]></summary></cellExpression>']
    for folder, mark, locations in ((number, "", ("Nucleoplasm", "Vesicles")), (7, MARK, ("Cytosol",)), (36770, "", ())):
        lines.append(f'<antibody id="HPA{folder:06d}" releaseVersion="3"><cellExpression source="HPA" technology="ICC/IF">'
                     '<subAssay type="human"><verification type="validation">approved</verification><data><cellLine cellosaurusID="CVCL_0042">U2OS</cellLine>')
        lines += [f'<location GOId="GO:0005654">{location}</location>' for location in locations]
        lines.append("<assayImage>")
        lines += ['<image imageType="sampleImage"><channel color="blue">nucleus</channel><imageUrl>http://images.proteinatlas.org/'
                  f"{folder}/{number}_A1_{field}{mark}_blue_red_green.jpg</imageUrl></image>" for field in range(1, fields + 1)]
        lines.append("</assayImage></data></subAssay></cellExpression></antibody>")
    return "\n".join(lines) + "</entry>\n"


def big(megabytes, out):
    """An XML of made genes, most of it what tissues express, as in the real one."""
    rest = "".join(f'<data><tissue organ="Brain" ontologyTerms="UBERON:000{n}">tissue {n}</tissue><tissueCell><cellType>glial cells</cellType>'
                   f'<level type="staining">medium</level><level type="intensity">Moderate &amp; more</level><quantity>&gt;75%</quantity></tissueCell>'
                   f'<patient><sex>Male</sex><age>{n}</age><patientId>{4000 + n}</patientId><sample><snomedParameters><snomed tissueDescription="Normal tissue, NOS" '
                   'snomedCode="M-00100"/></snomedParameters></sample></patient></data>\n' for n in range(1500))
    rest = '<tissueExpression source="HPA" technology="IHC" assayType="tissue">' + rest + "</tissueExpression>\n"
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<proteinAtlas schemaVersion="3.1">\n')
    written, n = 0, 1
    while written < megabytes << 20:
        text = entry(f"ENSG{n:011d}").replace("<antibody", rest + "<antibody", 1)
        out.write(text)
        written, n = written + len(text), n + 1
    out.write("</proteinAtlas>\n")


class Atlas(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked, lock = {}, threading.Lock()
    count = 0

    def answer(self, code, body, **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path.split("?")[0]
        with self.lock:
            first = path not in self.asked
            self.asked[path] = self.asked.get(path, 0) + 1
            if first:
                Atlas.count += 1
            turn = Atlas.count
        gene = re.fullmatch(r"/(ENSG\d{11})\.xml", path)
        file = re.fullmatch(r"/(\d+)/(\w+?_\w+?_\d+)(_cr[0-9a-f]{13})?_(red|green|blue|yellow)\.(tif\.gz|jpg)", path)
        if gene:
            return self.answer(200, entry(gene[1]).encode())
        if path == "/download_file.php":
            return self.answer(400, b"")
        if not file:
            return self.answer(404, b"")
        folder, field, mark, colour, ending = file.groups()
        if ending == "tif.gz":
            if folder == "36770":
                return self.answer(302, b"", Location=f"/download_file.php?filename={path}")
            if (folder == "7") != bool(mark):
                return self.answer(404, b"")
            body = gzip.compress(tiff(field + colour), 1)
        else:
            if (folder == "7") != bool(mark):
                return self.answer(200, b"<!DOCTYPE html><title>The Human Protein Atlas</title>", Content_Type="text/html")
            body = jpeg(field + colour, colour)
        if first and turn % 5 == 0:
            return self.fault(turn // 5 % 6, body)
        self.answer(200, body)

    def fault(self, kind, body):
        if kind == 0:
            return self.answer(429, b"", Retry_After="1")
        if kind == 1:
            return self.answer(503, b"", Retry_After="1")
        if kind == 2:
            return self.answer(200, gzip.compress(body))
        self.close_connection = True
        if kind == 3:
            return self.answer(200, body[: len(body) // 2], Content_Length=str(len(body)))
        if kind == 4:
            return self.answer(200, body[: len(body) // 2])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body[:1000])
        time.sleep(30)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["serve", "xml"])
    parser.add_argument("--port", type=int, default=8025)
    parser.add_argument("--mb", type=int, default=1000)
    args = parser.parse_args()
    if args.what == "xml":
        return big(args.mb, sys.stdout)
    print(f"http://127.0.0.1:{args.port}/", flush=True)
    ThreadingHTTPServer(("127.0.0.1", args.port), Atlas).serve_forever()


if __name__ == "__main__":
    main()
