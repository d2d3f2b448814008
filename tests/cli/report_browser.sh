#!/usr/bin/env bash
# The report in a real browser, of digits, of colour images and of recovery: no error of its script, no request to the
# network, every figure has a size, sorting and filtering work at 1280 and 400 pixels, and the printed page has all of it.
# Skipped where there is no chromium; what is printed is read with pdftotext, where that is.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
command -v chromium >/dev/null || {
  echo "there is no chromium"
  exit 77
}

# chrome FLAG... FILE: without a window.
chrome() {
  timeout 120 chromium --headless=new --no-sandbox --disable-gpu --user-data-dir="$WORK/browser" \
    --virtual-time-budget=10000 "${@:1:$#-1}" "file://$WORK/${*: -1}" 2>browser.err || fail "$(tail -3 browser.err)"
}

# look RUN FIGURES: its report as a reader would use it. The page gets a net for errors before all else, and behind all
# else what a reader would do; it is shown in a frame of each width.
look() {
  local figures width
  ends 0 "$ROTE" report "$1" >report.out 2>run.err
  "$PYTHON" - "$1/report.html" probe.html <<'END_OF_PYTHON'
import sys

page = open(sys.argv[1], encoding="utf-8").read()
before = "<script>window.faults=[];addEventListener('error',e=>faults.push(e.message));" \
    "addEventListener('securitypolicyviolation',e=>faults.push(e.blockedURI));</script>"
after = """<script>
const say=(key,value)=>{const p=document.createElement('p');p.textContent='PROBE '+key+'='+value+'.';document.body.append(p)};
const at=[...document.querySelectorAll('#images thead th')].findIndex(h=>h.hasAttribute('aria-sort'));
const column=()=>[...document.querySelectorAll('#images tbody tr')].map(r=>parseFloat(r.cells[at].textContent));
const ordered=(list,sign)=>list.every((x,i)=>i===0||sign*(x-list[i-1])>=0);
dispatchEvent(new Event('beforeprint'));
say('folded',document.querySelectorAll('details.section:not([open])').length);
say('figures',[...document.querySelectorAll('figure svg')].filter(s=>s.getBoundingClientRect().height>150).length);
say('wide',document.documentElement.scrollWidth<=innerWidth);
say('images',document.images.length>10&&[...document.images].every(i=>i.naturalWidth>0));
dispatchEvent(new Event('afterprint'));
say('folded again',document.querySelectorAll('details.section:not([open])').length>0);
const before=column();
say('descending',before.length>20&&ordered(before,-1));
const button=document.querySelectorAll('#images thead button')[at];
button.click();
say('ascending',ordered(column(),1)&&button.parentNode.getAttribute('aria-sort')==='ascending');
button.click();
say('descending again',ordered(column(),-1)&&column().join()===before.join());
const tools=document.querySelector('.tools'),limit=tools.querySelector('input'),which=tools.querySelector('select');
which.value=at;which.dispatchEvent(new Event('input',{bubbles:true}));
limit.value=before[9];limit.dispatchEvent(new Event('input',{bubbles:true}));
const seen=[...document.querySelectorAll('#images tbody tr')].filter(r=>r.getBoundingClientRect().height>0);
say('filtered',seen.length>=10&&seen.length===before.filter(x=>x>=before[9]).length&&
    tools.querySelector('output').textContent.startsWith(seen.length+' of'));
limit.value='';limit.dispatchEvent(new Event('input',{bubbles:true}));
const row=document.querySelector('#images tbody details');
row.open=true;
say('numbers',row.querySelectorAll('dd').length>1&&row.querySelector('dl').getBoundingClientRect().height>20);
const section=document.querySelector('details.section:not([open])');
location.hash='#'+section.id;
setTimeout(()=>{say('link',section.open);
say('requests',performance.getEntriesByType('resource').filter(e=>!e.name.startsWith('data:')).length);
say('faults',faults.length+faults.join());
parent.postMessage([...document.querySelectorAll('p')].map(p=>p.textContent).filter(t=>t.startsWith('PROBE')).join('\\n'),'*')},100);
</script>"""
page = page.replace("<style>", before + "<style>", 1).replace("</body>", after + "</body>", 1)
open(sys.argv[2], "w", encoding="utf-8").write(page)
END_OF_PYTHON
  figures=$(find "$1/figures" -name '*.svg' | wc -l)
  [ "$figures" -ge "$2" ] || fail "$1: there are $figures figures"
  for width in 1280 400; do
    cat >frame.html <<END_OF_FRAME
<!DOCTYPE html><pre id="said"></pre><iframe src="probe.html" style="width:${width}px;height:2000px"></iframe>
<script>addEventListener('message',e=>{document.getElementById('said').textContent+=e.data})</script>
END_OF_FRAME
    chrome --window-size=1400,2000 --dump-dom frame.html >dom.html
    grep -o 'PROBE .*' dom.html >probe.out || fail "$1 was not shown: $(tail -3 browser.err)"
    says probe.out "PROBE folded=0." "PROBE figures=$figures." "PROBE wide=true." "PROBE images=true." \
      "PROBE folded again=true." "PROBE descending=true." "PROBE ascending=true." "PROBE descending again=true." \
      "PROBE filtered=true." "PROBE numbers=true." "PROBE link=true." "PROBE requests=0." "PROBE faults=0."
  done
  print "$1"
}

# print RUN: on paper every section is unfolded, and the table of images is whole, with its heads on every page.
print() {
  command -v pdftotext >/dev/null || {
    echo "there is no pdftotext: what is printed was not read"
    return 0
  }
  chrome --no-pdf-header-footer --print-to-pdf="$WORK/page.pdf" "$1/report.html" >print.out
  pdftotext -layout page.pdf page.txt
  "$PYTHON" - "$1/report.html" page.txt "$TESTS" <<'END_OF_PYTHON' || fail "what is printed of $1 is not all: $(tail -3 print.out)"
import re
import sys

sys.path.insert(0, sys.argv[3])
sys.dont_write_bytecode = True
from check_report import read_page

_, page = read_page(sys.argv[1])
paper = open(sys.argv[2], encoding="utf-8").read()
plain = " ".join(paper.split())
titles = [e[2] for e in page.elements if e[0] in ("h1", "h3") or e[1].get("class") == "h2"]
assert len(titles) > 5
for title in titles:
    assert " ".join(title.split()) in plain, title
start = next(i for i, e in enumerate(page.elements) if e[1].get("id") == "images")
body = next(i for i, e in enumerate(page.elements) if i > start and e[0] == "tbody")
heads = [e[2] for e in page.elements[start:body] if e[0] == "th"]
images = {re.match(r"#\d+", e[2])[0] for e in page.elements[body:] if e[0] == "th" and e[2].startswith("#")}
cells = rf"^ *(#\d+)((?: +\S+){{{len(heads) - 1}}}) *$"
pages = [p for p in paper.split("\f") if re.search(cells, p, re.MULTILINE)]
printed = {row[1] for p in pages for row in re.finditer(cells, p, re.MULTILINE)}
assert len(images) > 20 and images == printed, sorted(images ^ printed)[:9]
for p in pages:
    first = p[: re.search(cells, p, re.MULTILINE).start()]
    assert all(word in first for head in heads for word in head.split()), (heads, first)
END_OF_PYTHON
}

tiny study
sed -i 's/^folds:.*/folds: { count: 3, repeats: 2, full: 1 }/' study.yaml
echo 'measures: [score, duplicates]' >>study.yaml
ends 0 run 1 study.yaml
look runs/study 6

# Colour images: real ones where ROTE_CIFAR_JPEG says, else made up.
if [ -d "${ROTE_CIFAR_JPEG:-}" ]; then
  colour=$ROTE_CIFAR_JPEG
else
  colour=made-up
  "$PYTHON" "$TESTS/colour_images.py" made-up 120
fi
ends 0 "$ROTE" import images "$colour" -o colour.h5 >run.out 2>run.err
cat >colour.yaml <<'END_OF_STUDY'
name: colour
output: colour
data: { file: colour.h5, limit: 60, transform: logit }
model: { kind: conv_vae, features: 4, latent: 4, likelihood: gaussian_constant }
training: { learning_rate: 3e-3, batch: 16, epochs: 2 }
folds: { count: 2, repeats: 2, full: 1 }
evaluation: { every: 2, proposal: encoder, samples: 4 }
measures: [score, leverage, attack]
leverage: { ridge: 0.1 }
END_OF_STUDY
ends 0 run 3 colour.yaml
look colour 6

cat >recovery.yaml <<'END_OF_STUDY'
name: recovery
output: recovery
data: { file: colour.h5, limit: 24, transform: scale }
model: { kind: fc_ae, width: 48, depth: 3, activation: leaky_relu }
training: { learning_rate: 3e-3, batch: 24, epochs: 60, stop_loss: 0.001 }
folds: { count: 2, repeats: 1, full: 1 }
recovery: { rounds: 8, control: 0, missing: 0.2 }
measures: [recovery]
END_OF_STUDY
ends 0 run 3 recovery.yaml
look recovery 3
