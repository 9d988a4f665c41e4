//! AWS's own addresses, for requests that no SDK makes.
//!
//! The rules are those of the SDKs' endpoint rule sets; the expected values of the tests were computed by botocore.

/// The domains of a partition: plain, and dual stack.
struct Domains {
    /// How the names of its regions begin.
    region_prefix: &'static str,
    plain: &'static str,
    dual_stack: &'static str,
}

/// Partitions other than `aws` and `aws-us-gov`, which share their domains.
const PARTITIONS: [Domains; 6] = [
    Domains {
        region_prefix: "cn-",
        plain: "amazonaws.com.cn",
        dual_stack: "api.amazonwebservices.com.cn",
    },
    Domains {
        region_prefix: "eusc-",
        plain: "amazonaws.eu",
        dual_stack: "api.amazonwebservices.eu",
    },
    Domains {
        region_prefix: "us-iso-",
        plain: "c2s.ic.gov",
        dual_stack: "api.aws.ic.gov",
    },
    Domains {
        region_prefix: "us-isob-",
        plain: "sc2s.sgov.gov",
        dual_stack: "api.aws.scloud",
    },
    Domains {
        region_prefix: "us-isof-",
        plain: "csp.hci.ic.gov",
        dual_stack: "api.aws.hci.ic.gov",
    },
    Domains {
        region_prefix: "eu-isoe-",
        plain: "cloud.adc-e.uk",
        dual_stack: "api.cloud-aws.adc-e.uk",
    },
];

const COMMERCIAL: Domains = Domains {
    region_prefix: "",
    plain: "amazonaws.com",
    dual_stack: "api.aws",
};

/// Services whose plain address in GovCloud is the FIPS one.
const FIPS_BY_DEFAULT_IN_GOVCLOUD: [&str; 4] =
    ["cloudformation", "cloudtrail", "logs", "monitoring"];

/// Which of a service's addresses is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct AddressVariant {
    pub(super) fips: bool,
    pub(super) dual_stack: bool,
}

/// Returns the address, without a slash at its end, of a service by the first label of its host name.
pub(super) fn public_address(host: &str, region: &str, variant: AddressVariant) -> String {
    let domains = PARTITIONS
        .iter()
        .find(|domains| region.starts_with(domains.region_prefix))
        .unwrap_or(&COMMERCIAL);
    let is_govcloud = region.starts_with("us-gov-");
    // The metrics of GovCloud have no address of their own for FIPS over dual stack either.
    let is_fips_anyway = is_govcloud
        && FIPS_BY_DEFAULT_IN_GOVCLOUD.contains(&host)
        && (!variant.dual_stack || host == "monitoring");
    let suffix = if variant.fips && !is_fips_anyway {
        "-fips"
    } else {
        ""
    };
    // Cognito's plain addresses are dual stack where the partition is `aws`; over FIPS in the United States alone.
    let is_plain_cognito = host == "cognito-idp"
        && domains.region_prefix.is_empty()
        && !is_govcloud
        && (!variant.fips || region.starts_with("us-"));
    let domain = if variant.dual_stack && !is_plain_cognito {
        domains.dual_stack
    } else {
        domains.plain
    };
    format!("https://{host}{suffix}.{region}.{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_sdks_in_every_partition() {
        for (host, region, fips, dual_stack, expected) in [
            (
                "logs",
                "us-west-2",
                false,
                false,
                "logs.us-west-2.amazonaws.com",
            ),
            (
                "logs",
                "us-west-2",
                true,
                false,
                "logs-fips.us-west-2.amazonaws.com",
            ),
            (
                "logs",
                "us-west-2",
                true,
                true,
                "logs-fips.us-west-2.api.aws",
            ),
            (
                "logs",
                "us-gov-west-1",
                true,
                false,
                "logs.us-gov-west-1.amazonaws.com",
            ),
            (
                "logs",
                "us-gov-west-1",
                true,
                true,
                "logs-fips.us-gov-west-1.api.aws",
            ),
            (
                "cloudformation",
                "us-gov-east-1",
                true,
                false,
                "cloudformation.us-gov-east-1.amazonaws.com",
            ),
            (
                "cloudtrail",
                "us-gov-west-1",
                true,
                false,
                "cloudtrail.us-gov-west-1.amazonaws.com",
            ),
            (
                "monitoring",
                "us-gov-west-1",
                true,
                false,
                "monitoring.us-gov-west-1.amazonaws.com",
            ),
            (
                "monitoring",
                "us-gov-west-1",
                true,
                true,
                "monitoring.us-gov-west-1.api.aws",
            ),
            (
                "bedrock-agentcore",
                "us-gov-west-1",
                true,
                false,
                "bedrock-agentcore-fips.us-gov-west-1.amazonaws.com",
            ),
            (
                "cognito-idp",
                "us-west-2",
                false,
                true,
                "cognito-idp.us-west-2.amazonaws.com",
            ),
            (
                "cognito-idp",
                "us-west-2",
                true,
                true,
                "cognito-idp-fips.us-west-2.amazonaws.com",
            ),
            (
                "cognito-idp",
                "us-gov-west-1",
                false,
                true,
                "cognito-idp.us-gov-west-1.api.aws",
            ),
            (
                "cloudformation",
                "cn-north-1",
                false,
                false,
                "cloudformation.cn-north-1.amazonaws.com.cn",
            ),
            (
                "cloudformation",
                "cn-north-1",
                false,
                true,
                "cloudformation.cn-north-1.api.amazonwebservices.com.cn",
            ),
            (
                "bedrock-agentcore",
                "eusc-de-east-1",
                false,
                false,
                "bedrock-agentcore.eusc-de-east-1.amazonaws.eu",
            ),
            (
                "logs",
                "us-iso-east-1",
                false,
                false,
                "logs.us-iso-east-1.c2s.ic.gov",
            ),
            (
                "logs",
                "us-isob-east-1",
                false,
                true,
                "logs.us-isob-east-1.api.aws.scloud",
            ),
            (
                "logs",
                "eu-isoe-west-1",
                true,
                false,
                "logs-fips.eu-isoe-west-1.cloud.adc-e.uk",
            ),
        ] {
            let variant = AddressVariant { fips, dual_stack };
            assert_eq!(
                public_address(host, region, variant),
                format!("https://{expected}")
            );
        }
    }
}
