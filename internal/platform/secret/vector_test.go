package secret

import "encoding/hex"

// Keys made for the tests alone, and what follows from them. The two HMACs were
// computed a second time outside this package, from the key's bytes.
const (
	vectorSealKey  = "GiCgOxc1YpzBCNy8cFqciFuIBHV1GzhdD4sCpEIhjDqDuQ=="
	vectorIndexKey = "EgIIAxogyMIE4u/SiraXoXugA42sZeOwnOZCdvyUCNQZ5if1ZWY="

	vectorKeys = `{
  "aead": {
    "primaryKeyId": 1691915005,
    "key": [
      {
        "keyData": {
          "typeUrl": "type.googleapis.com/google.crypto.tink.AesGcmKey",
          "value": "` + vectorSealKey + `",
          "keyMaterialType": "SYMMETRIC"
        },
        "status": "ENABLED",
        "keyId": 1691915005,
        "outputPrefixType": "TINK"
      }
    ]
  },
  "index": {
    "primaryKeyId": 850394724,
    "key": [
      {
        "keyData": {
          "typeUrl": "type.googleapis.com/google.crypto.tink.HmacPrfKey",
          "value": "` + vectorIndexKey + `",
          "keyMaterialType": "SYMMETRIC"
        },
        "status": "ENABLED",
        "keyId": 850394724,
        "outputPrefixType": "RAW"
      }
    ]
  }
}`
	vectorIndex       = "8c522181a6aee3e5f6e2da85f11f038d"
	vectorFingerprint = "7ad22e17b94db95d8810cacf46864fa0"
)

// vectorSealed is 370303198503149970 sealed for employee/7/42/id_number.
var vectorSealed, _ = hex.DecodeString("0164d892fd278d7fa36cbe31f7adb0ddfaf3b24590f26427600ea69c364db4b88b9490e75cd6963c33d6a94dd830a3b4be05b3")
