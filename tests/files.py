"""Word files, pages and PDFs made on the spot, small enough to read here."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

# Two lists after one pattern (1. and, a level deeper, 1)), bullets, and the numbers that Chinese files use.
NUMBERING = f"""<w:numbering {_W}>
<w:abstractNum w:abstractNumId="0">
  <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
  <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2)"/></w:lvl>
  <w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%3)"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="1">
  <w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xf0b7;"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="2">
  <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="第%1步"/></w:lvl>
</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num>
<w:num w:numId="4"><w:abstractNumId w:val="0"/>
  <w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
</w:numbering>"""
STYLES = f"""<w:styles {_W}>
<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="2"><w:name w:val="heading 2"/></w:style>
<w:style w:type="paragraph" w:styleId="own"><w:name w:val="Our heading"/><w:basedOn w:val="2"/></w:style>
<w:style w:type="paragraph" w:styleId="loop"><w:name w:val="Loop"/><w:basedOn w:val="loop"/></w:style>
<w:style w:type="paragraph" w:styleId="steps"><w:name w:val="Steps"/>
  <w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="character" w:styleId="gone"><w:name w:val="Gone"/><w:rPr><w:vanish/></w:rPr></w:style>
</w:styles>"""


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(text: str, *, style: str = "", number: int = 0, level: int = 0, more: str = "") -> str:
    """A paragraph of a Word file; `text` may be runs already, `more` further properties."""
    runs = text if text.startswith("<") else run(text)
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    numbered = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>' if number else ""
    return f"<w:p><w:pPr>{named}{numbered}{more}</w:pPr>{runs}</w:p>"


def table(*rows: Sequence[str]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def word_file(*body: str, **parts: str | bytes) -> bytes:
    """A `.docx` of paragraphs and tables; `parts` replace the files in its folder `word`, by name without suffix."""
    files: dict[str, str | bytes] = {
        "document": f"<w:document {_W}><w:body>{''.join(body)}<w:sectPr/></w:body></w:document>",
        "styles": STYLES,
        "numbering": NUMBERING,
    }
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        for name, content in (files | parts).items():
            package.writestr(f"word/{name}.xml", content)
    return output.getvalue()


def pdf_file(*pages: str, encrypt: bool = False) -> bytes:
    """A PDF whose pages are drawn by these operators; `/L` is a Latin font and `/C` a Chinese one."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{6 + 2 * n} 0 R' for n in range(len(pages)))}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [5 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> "
        "/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Ascent 880 /Descent -120 >> >>",
    ]
    for number, drawn in enumerate(pages):
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Resources << /Font << /L 3 0 R /C 4 0 R >> >> /Contents {7 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    output = io.BytesIO(b"%PDF-1.5\n")
    output.seek(0, io.SEEK_END)
    places = []
    for number, content in enumerate(objects, 1):
        places.append(output.tell())
        output.write(f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1"))
    start = output.tell()
    output.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    output.write("".join(f"{place:010d} 00000 n \n" for place in places).encode())
    lock = f" /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'41' * 32}> /U <{'42' * 32}> >>" if encrypt else ""
    identity = f" /ID [<{'43' * 16}> <{'43' * 16}>]" if encrypt else ""
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R{lock}{identity} >>\nstartxref\n{start}\n%%EOF\n"
    output.write(trailer.encode())
    return output.getvalue()


def drawn(*lines: tuple[float, float, float, str], before: str = "") -> str:
    """Operators that draw `(x, y, size, text)` lines; text is set in the Chinese font when it is not ASCII."""
    operators = []
    for x, y, size, text in lines:
        if text.isascii():
            shown, font = "(" + text.replace("(", "\\(").replace(")", "\\)") + ")", "L"
        else:
            shown, font = f"<{text.encode('utf-16-be').hex()}>", "C"
        operators.append(f"/{font} {size} Tf 1 0 0 1 {x} {y} Tm {shown} Tj")
    return f"BT {before} " + " ".join(operators) + " ET"
