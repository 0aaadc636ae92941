import os, pytest, subprocess
from dataclasses import replace
import own
OUT=open("/tmp/h/probe.txt","w")
def say(title, e):
    lines=[l for l in e.said.splitlines() if l.startswith(("INCONCLUSIVE","FAIL ","  PASS","unusable","HOLD","ADVANCE","INTERNAL","Traceback","E  ","ERROR", "Usage","Error", "  INCON","  FAIL", "=====")) and "test session" not in l]
    OUT.write(f"### {title}: exit {e.code}\n"+"\n".join("   "+l[:260] for l in lines[:8])+("\n   !!! TRACEBACK" if "Traceback" in e.said or "INTERNALERROR" in e.said else "")+"\n"); OUT.flush()
def v(desk, **more): return replace(desk, variables={**desk.variables, **more})
C="verify/checks/test_consistency.py"; P="verify/checks/test_parity.py"; H="verify/checks/test_health.py"
def test_show(laden, addresses, sites, tmp_path):
    for name, value in {"bad6":"postgres://[::bad", "nodsn":"not a dsn", "nodb": addresses["neu"].replace("/neu","/nodb"), "same": addresses["alt"], "same2": addresses["alt"].replace("127.0.0.1","localhost"), "same3": addresses["alt"]+"?application_name=x", "http":"http://127.0.0.1:1/x","nl":addresses["neu"]+"\n","opts":addresses["neu"]+"?nonsense=1","surr":"postgresql://a:\udcff@127.0.0.1:5/x"}.items():
        d=v(laden, NEU_DSN=value)
        say("dsn "+name, d.pytest("-q", C, "--tb=short"))
    for name, value in {"ftp":"ftp://x", "nohost":"http://", "port":"http://127.0.0.1:99999","noscheme":"127.0.0.1:80","nl":sites["neu"].url+"\n","user":sites["neu"].url.replace("//","//u:p@"),"space":"http://a b","query":sites["neu"].url+"?a=1","same":sites["alt"].url}.items():
        say("url "+name, v(laden, NEU_URL=value).pytest("-q", P, H,"--tb=short"))
    for name, value in {"nl":own.TOKEN+"\n","cr":own.TOKEN+"\r\nX-Evil: 1","surr":"a\udcffbcdef","short":"abc","uml":"schlüssel"}.items():
        say("token "+name, v(laden, LADEN_TOKEN=value).pytest("-q", P,"--tb=short"))
    system=tmp_path/"laden"/"system.yaml"; text=system.read_text()
    system.write_text(text.replace("minimum: 100","minimum: 0").replace('collection: "Bestellungen 2024"','collection: leer').replace("[Id, Teil]","[id]"))
    import psycopg
    for side in ("alt","neu"):
        with psycopg.connect(addresses[side].replace("leser:"+addresses[side].split("leser:")[1].split("@")[0],"postgres"), autocommit=True) if False else psycopg.connect(OWN[side], autocommit=True) as c:
            c.execute("CREATE TABLE leer (id int primary key, x text)"); c.execute("GRANT SELECT ON leer TO leser")
    say("minimum 0, both empty", laden.pytest("-q", C))
    system.write_text(text.replace("except","x"))
    (laden.root).mkdir(exist_ok=True)
    key=laden.root/".key"; old=key.read_bytes(); key.write_bytes(b"short")
    say("key short pytest", laden.pytest("-q", C)); say("key short gate", laden.cutover("gate","--step","umzug")); key.write_bytes(old)
    (laden.home/"runs"/"stray.txt").write_text("x"); (laden.home/"runs"/"empty").mkdir(); 
    say("stray", laden.cutover("gate","--step","umzug"))
    (laden.home/"decisions"/"junk.json").write_text("{"); say("junk decision", laden.cutover("gate","--step","umzug")); (laden.home/"decisions"/"junk.json").unlink()
    say("no decisions report", replace(laden, root=tmp_path/"ev2").cutover("report"))
    say("no step", laden.cutover("gate")); say("no env", laden.run("-c","from verify.cli import main; main()","gate"))
    say("ack nonsense", laden.cutover("gate","--step","umzug","--acknowledge","nonsense thing"))
    say("ack bad", laden.cutover("gate","--step","umzug","--acknowledge","x"))
    say("module", laden.run("-m","verify.cli","gate","--env","nonsense","--step","1"))
    say("co", laden.pytest("--collect-only","-q"))
    say("sandbox of unknown system", laden.run("-c","from verify.cli import main; main()","sandbox",laden.env,"--","true"))
    say("evidence option dir missing ro", laden.cutover("gate","--step","umzug","--evidence","/proc/nope"))
@pytest.fixture(autouse=True)
def _own(server, addresses):
    global OWN
    OWN={s: own.owner(server,s) for s in ("alt","neu")}
