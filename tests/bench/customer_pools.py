"""What the labelled customers are made of. Knows nothing of how they will be matched."""

PEOPLE = (
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara "
    "Richard Susan Joseph Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew "
    "Betty Anthony Margaret Mark Sandra Donald Ashley Steven Kimberly Andrew Emily Paul Donna "
    "Joshua Michelle Kenneth Carol Kevin Amanda Brian Melissa George Deborah Timothy Stephanie "
    "Ronald Rebecca Edward Laura Jason Sharon Jeffrey Cynthia Ryan Kathleen Jacob Amy Gary Angela "
    "Nicholas Shirley Eric Anna Jonathan Brenda Stephen Pamela Larry Emma Justin Nicole Scott "
    "Helen "
    "Brandon Samantha Benjamin Katherine Samuel Christine Gregory Debra Alexander Rachel Patrick "
    "Carolyn Frank Janet Raymond Maria Jack Heather Dennis Diane Jürgen Björn Søren Zoë René Chloé "
    "José Íñigo Łukasz Małgorzata Anaïs Günther Käthe Åsa Mehmet Ayşe Priya Rajesh Wei Hiroshi"
).split()
SURNAMES = (
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez "
    "Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris "
    "Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill "
    "Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips "
    "Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers "
    "Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson "
    "Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo "
    "Sanders "
    "Patel Myers Long Ross Foster Müller Schröder Weiß Größl Jäger Böhm Kühn Lindström Sørensen "
    "Håkansson Dvořák Nováková Kowalczyk Wiśniewski Ćosić O'Brien O'Neill MacDonald D'Angelo "
    "Lefèvre Béranger Châtelain Peña Núñez Muñoz Yılmaz Öztürk Papadopoulos Fernandes Gonçalves"
).split()
#: As their own passport writes it, and as a card does.
OTHER_SCRIPTS = (
    ("Сергей Иванов", "Sergey Ivanov"), ("Наталья Петрова", "Natalya Petrova"),
    ("Дмитрий Соколов", "Dmitry Sokolov"), ("Юлия Щербакова", "Yulia Shcherbakova"),
    ("Михаил Жуков", "Mikhail Zhukov"), ("Евгений Чайковский", "Evgeny Chaikovsky"),
    ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"), ("Ελένη Νικολάου", "Eleni Nikolaou"),
    ("Δημήτρης Αντωνίου", "Dimitris Antoniou"), ("Олена Шевченко", "Olena Shevchenko"),
)  # fmt: skip
SHORT = {
    "James": "Jim", "Robert": "Bob", "Patricia": "Pat", "Jennifer": "Jen", "Michael": "Mike",
    "David": "Dave", "Elizabeth": "Liz", "William": "Bill", "Richard": "Dick", "Susan": "Sue",
    "Joseph": "Joe", "Thomas": "Tom", "Charles": "Chuck", "Christopher": "Chris", "Daniel": "Dan",
    "Matthew": "Matt", "Anthony": "Tony", "Margaret": "Peggy", "Steven": "Steve", "Andrew": "Drew",
    "Kenneth": "Ken", "Timothy": "Tim", "Ronald": "Ron", "Rebecca": "Becky", "Edward": "Ted",
    "Nicholas": "Nick", "Jonathan": "Jon", "Stephen": "Steve", "Pamela": "Pam", "Benjamin": "Ben",
    "Samantha": "Sam", "Katherine": "Kate", "Samuel": "Sam", "Gregory": "Greg", "Alexander": "Alex",
    "Deborah": "Debbie", "Jeffrey": "Jeff", "Kimberly": "Kim", "Cynthia": "Cindy",
    "Melissa": "Missy",
    "José": "Pepe", "Małgorzata": "Gosia", "Michelle": "Shelly", "Donald": "Don", "Jacob": "Jake",
}  # fmt: skip
FIRST_WORDS = (
    "Northern Riverside Summit Golden Pioneer Harbor Evergreen Atlantic Cascade Liberty Redwood "
    "Sterling Beacon Granite Silver Maple Crescent Keystone Lakeside Prairie Ironwood Bluebird "
    "Coastal Heritage Vanguard Crystal Falcon Magnolia Orchard Phoenix Quarry Sunrise Timber "
    "Valley "
    "Willow Zenith Amber Copper Delta Eagle Frontier Glacier Horizon Juniper Lantern Mercury Orion"
).split()
TRADES = (
    "Dental Plumbing Electric Landscaping Bakery Logistics Printing Roofing Foods Textiles Motors "
    "Optics Pharmacy Brewing Marine Software Design Furniture Fitness Cleaning Catering Tools "
    "Packaging Security Veterinary Flooring Glass Coffee Books Farms Signs Wireless Imaging Steel"
).split()
TAILS = ("", "", "", "", "Group", "Services", "Supply", "Company", "Partners", "Solutions")
LONG = {
    "Services": "Svcs", "Company": "Co.", "Brothers": "Bros", "Manufacturing": "Mfg",
    "Electric": "Elec", "Supply": "Supplies", "Group": "Grp",
}  # fmt: skip
FORMS = {
    "US": (("Inc.", "Incorporated", "INC"), ("LLC", "L.L.C.", "Llc"), ("Corp.", "Corporation", "")),
    "GB": (("Ltd", "Limited", "LTD."), ("PLC", "plc", "P.L.C."), ("LLP", "L.L.P.", "llp")),
    "DE": (("GmbH", "G.m.b.H.", "gmbh"), ("AG", "A.G.", "ag"), ("KG", "K.G.", "")),
}  # fmt: skip
STREETS = {
    "US": ("Main Street", "Oak Avenue", "Maple Drive", "Elm Street", "Washington Boulevard",
           "Park Avenue", "Cedar Lane", "Lake Road", "Hillcrest Court", "Sunset Drive",
           "North 5th Street", "East Market Street", "Jefferson Parkway", "Mill Road",
           "Second Avenue", "Chestnut Street", "Highland Terrace", "Lincoln Highway"),
    "GB": ("High Street", "Station Road", "Church Lane", "Victoria Road", "Green Lane",
           "Kings Road", "Queensway", "The Crescent", "Mill Lane", "Albert Square", "Park Gardens"),
    "DE": ("Hauptstraße", "Bahnhofstraße", "Gartenweg", "Schillerstraße", "Lindenallee",
           "Goethestraße", "Am Markt", "Bergstraße", "Königsplatz", "Mühlgasse"),
}  # fmt: skip
TOWNS = {
    "US": (("Springfield", "IL", "62701"), ("Portland", "OR", "97205"), ("Austin", "TX", "78701"),
           ("Columbus", "OH", "43215"), ("Madison", "WI", "53703"), ("Richmond", "VA", "23219"),
           ("Saint Paul", "MN", "55102"), ("Fort Collins", "CO", "80521"), ("Albany", "NY",
           "12207"),
           ("Salem", "OR", "97301"), ("Augusta", "GA", "30901"), ("Aurora", "CO", "80012"),
           ("Mount Vernon", "NY", "10550"), ("Kansas City", "MO", "64106"), ("Boise", "ID",
           "83702")),
    "GB": (("Leeds", "", "LS1 4AP"), ("York", "", "YO1 9QL"), ("Bristol", "", "BS1 5TR"),
           ("Cardiff", "", "CF10 1EP"), ("Reading", "", "RG1 2LU"), ("Norwich", "", "NR2 1TF")),
    "DE": (("München", "", "80331"), ("Köln", "", "50667"), ("Hamburg", "", "20095"),
           ("Düsseldorf", "", "40213"), ("Leipzig", "", "04109"), ("Nürnberg", "", "90402")),
}  # fmt: skip
WRITTEN = {
    "Street": "St", "Avenue": "Ave.", "Road": "Rd", "Drive": "Dr", "Boulevard": "Blvd",
    "Lane": "Ln", "Court": "Ct.", "Parkway": "Pkwy", "Highway": "Hwy", "Terrace": "Ter",
    "North": "N.", "East": "E", "Second": "2nd", "straße": "str.", "Square": "Sq", "Saint": "St.",
    "Mount": "Mt", "Fort": "Ft.", "Gardens": "Gdns",
}  # fmt: skip
MAILBOXES = ("gmail.com", "gmail.com", "gmail.com", "yahoo.com", "outlook.com", "aol.com",
             "icloud.com", "hotmail.com", "comcast.net", "gmx.de")  # fmt: skip
OF_ALL = ("accounts", "info", "office", "billing", "ap", "sales")
ACCOUNTANTS = ("books@tallyhouse.com", "clients@ledgerlane.com", "maria@brightbooks.com")
