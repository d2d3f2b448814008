#!/usr/bin/env bash
# The report in a real browser: no error of its script, no request to the network, every figure has a size, sorting and
# filtering work, what is printed is all of it. Skipped where there is no chromium.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
command -v chromium >/dev/null || {
  echo "there is no chromium"
  exit 77
}

# browse FILE DOM: open it, and leave what has become of it.
browse() {
  timeout 120 chromium --headless=new --no-sandbox --disable-gpu --user-data-dir="$WORK/browser" \
    --virtual-time-budget=10000 --dump-dom "file://$WORK/$1" >"$2" 2>browser.err || fail "$(tail -3 browser.err)"
}

tiny study
sed -i 's/^folds:.*/folds: { count: 3, repeats: 2, full: 1 }/' study.yaml
echo 'measures: [score, duplicates]' >>study.yaml
ends 0 run 1 study.yaml
ends 0 "$ROTE" report runs/study >report.out

# What is to be seen: before all else a net for errors, behind all else what a reader would do.
"$PYTHON" - runs/study/report.html probe.html <<'END_OF_PYTHON'
import sys

page = open(sys.argv[1], encoding="utf-8").read()
before = "<script>window.faults=[];addEventListener('error',e=>faults.push(e.message));" \
    "addEventListener('securitypolicyviolation',e=>faults.push(e.blockedURI));</script>"
after = """<script>
const say=(key,value)=>{const p=document.createElement('p');p.textContent='PROBE '+key+'='+value+'.';document.body.append(p)};
const column=()=>[...document.querySelectorAll('#images tbody tr')].map(r=>parseFloat(r.cells[2].textContent));
const ordered=(list,sign)=>list.every((x,i)=>i===0||sign*(x-list[i-1])>=0);
dispatchEvent(new Event('beforeprint'));
say('folded',document.querySelectorAll('details.section:not([open])').length);
say('figures',[...document.querySelectorAll('figure svg')].filter(s=>s.getBoundingClientRect().height>150).length);
say('wide',document.documentElement.scrollWidth<=innerWidth);
say('images',[...document.images].every(i=>i.naturalWidth>0));
dispatchEvent(new Event('afterprint'));
say('folded again',document.querySelectorAll('details.section:not([open])').length>0);
const before=column();
say('descending',before.length>100&&ordered(before,-1));
const button=document.querySelectorAll('#images thead button')[2];
button.click();
say('ascending',ordered(column(),1)&&button.parentNode.getAttribute('aria-sort')==='ascending');
button.click();
say('descending again',ordered(column(),-1)&&column().join()===before.join());
const limit=document.querySelector('.tools input');
limit.value=before[9];limit.dispatchEvent(new Event('input',{bubbles:true}));
const seen=[...document.querySelectorAll('#images tbody tr')].filter(r=>r.getBoundingClientRect().height>0);
say('filtered',seen.length===before.filter(x=>x>=before[9]).length&&document.querySelector('.tools output').textContent.startsWith(seen.length+' of'));
limit.value='';limit.dispatchEvent(new Event('input',{bubbles:true}));
const row=document.querySelector('#images tbody details');
row.open=true;
say('numbers',row.querySelectorAll('dd').length>5&&row.querySelector('dl').getBoundingClientRect().height>50);
location.hash='#methods';
setTimeout(()=>{say('link',document.getElementById('methods').open);
say('requests',performance.getEntriesByType('resource').filter(e=>!e.name.startsWith('data:')).length);
say('faults',faults.length+faults.join())},100);
</script>"""
page = page.replace("<style>", before + "<style>", 1).replace("</body>", after + "</body>", 1)
open(sys.argv[2], "w", encoding="utf-8").write(page)
END_OF_PYTHON
figures=$(find runs/study/figures -name '*.svg' | wc -l)
browse probe.html dom.html
grep -o 'PROBE [^<]*' dom.html >probe.out || fail "the page was not shown: $(tail -3 browser.err)"
says probe.out "PROBE folded=0." "PROBE figures=$figures." "PROBE wide=true." "PROBE images=true." "PROBE folded again=true." \
  "PROBE descending=true." "PROBE ascending=true." "PROBE descending again=true." "PROBE filtered=true." \
  "PROBE numbers=true." "PROBE link=true." "PROBE requests=0." "PROBE faults=0."
[ "$figures" -ge 6 ] || fail "there are $figures figures"
