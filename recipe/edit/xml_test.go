package edit

import "testing"

const serverXML = `<?xml version="1.0" encoding="UTF-8"?>
<!-- prose <b> -->
<Server port="8005" shutdown="SHUTDOWN">
  <Listener className="a"/>
  <Service name="Catalina">
    <!--
    <Executor name="pool"/>
    -->
    <!-- <Max>5</Max> -->
    <Connector port="8080" protocol="HTTP/1.1"
               redirectPort="8443" />
    <Connector port='8009'></Connector>
    <Engine>
      <Host name="localhost" unpackWARs="true">
        <Valve className="Access" pattern="%h &quot;%r&quot;" />
      </Host>
    </Engine>
    <Timeout> 30 </Timeout>
  </Service>
</Server>
`

func TestXML(t *testing.T) {
	s := serverXML
	testRows(t, "/usr/share/tomcat10/etc/server.xml", "", []row{
		{"attribute", s, `set = "Server/@port", to = "-1", was = "8005"`, edited(t, s, `"8005"`, `"-1"`), ""},
		{"new attribute", s, `set = "Server/Service/Connector[@port='8080']/@maxThreads", to = 400`, edited(t, s, `"8443" />`, `"8443" maxThreads="400" />`), ""},
		{"quotes", s, `set = "Server/Service/Connector[@port='8009']/@port", to = "a\"b'c&<"`, edited(t, s, `'8009'`, `'a"b&apos;c&amp;&lt;'`), ""},
		{"escaped", s, `set = "Server/Service/Engine/Host/Valve/@pattern", to = "x", was = "%h \"%r\""`, edited(t, s, `"%h &quot;%r&quot;"`, `"x"`), ""},
		{"text", s, `set = "Server/Service/Timeout", to = "<60>"`, edited(t, s, "30", "&lt;60&gt;"), ""},
		{"new element", s, `set = "Server/Service/Engine/Host/Name", to = "x"`, edited(t, s, "/>\n      </Host>", "/>\n        <Name>x</Name>\n      </Host>"), ""},
		{"in an empty element", s, `insert = "<A/>", first-in = "Server/Listener"`, edited(t, s, `"a"/>`, "\"a\">\n    <A/>\n  </Listener>"), ""},
		{"first in", s, `insert = "<A b=\"c\"/>", first-in = "Server/Service/Engine/Host"`, edited(t, s, "\"true\">\n", "\"true\">\n        <A b=\"c\"/>\n"), ""},
		{"last in", s, `insert = "<A>\n  <B/>\n</A>", last-in = "Server/Service/Engine"`, edited(t, s, "</Host>\n", "</Host>\n      <A>\n        <B/>\n      </A>\n"), ""},
		{"before", s, `insert = "<A/>", before = "Server/Service/Engine/Host/Valve"`, edited(t, s, "        <Valve", "        <A/>\n        <Valve"), ""},
		{"half an element", s, `insert = "<A>", last-in = "Server/Service/Engine"`, "", "no longer read as before"},
		{"comment", s, `comment = "Server/Service/Engine/Host/Valve[@className='Access']"`, edited(t, s, "<Valve className=\"Access\" pattern=\"%h &quot;%r&quot;\" />", "<!-- <Valve className=\"Access\" pattern=\"%h &quot;%r&quot;\" /> -->"), ""},
		{"uncomment", s, `uncomment = "Server/Service/Executor"`, edited(t, s, "<!--\n    <Executor name=\"pool\"/>\n    -->", "<Executor name=\"pool\"/>"), ""},
		{"over a comment", s, `set = "Server/Service/Max", to = 6`, edited(t, s, "<!-- <Max>5</Max> -->", "<Max>6</Max>"), ""},
		{"unset attribute", s, `unset = "Server/Service/Connector[@port='8080']/@redirectPort"`, edited(t, s, "\n               redirectPort=\"8443\"", ""), ""},
		{"unset element", s, `unset = "Server/Listener"`, edited(t, s, "  <Listener className=\"a\"/>\n", ""), ""},
		{"which", s, `set = "Server/Service/Connector/@port", to = "1"`, "", "stands 2 times"},
		{"section", s, `section = "Server/Realm[args='className=\"x\"']", body = "<A/>"`, edited(t, s, "  </Service>\n", "  </Service>\n  <Realm className=\"x\">\n    <A/>\n  </Realm>\n"), ""},
		{"rename", s, `rename = "Server/Service/Engine/Host/@unpackWARs", to = "u"`, edited(t, s, "unpackWARs", "u"), ""},
	})
}
